#include "priorseg/maskrcnn/matching.h"

#include <torch/torch.h>

#include <algorithm>

namespace priorseg {
namespace {

torch::Tensor draw(const torch::Tensor& among, int64_t count, at::Generator& generator) {
  const auto places = torch::nonzero(among).view({-1});
  const auto chosen = torch::randperm(places.size(0), generator, torch::kInt64).slice(0, 0, count);
  return std::get<0>(places.index_select(0, chosen).sort());
}

}  // namespace

torch::Tensor match_boxes(const torch::Tensor& ious, const MatchLimits& limits) {
  if (ious.size(0) == 0) return torch::full({ious.size(1)}, kBackground, torch::kInt64);
  const auto [best, object] = ious.max(0);
  auto matches = torch::where(best < limits.positive, torch::full_like(object, kLeftOut), object);
  matches.masked_fill_(best < limits.negative, kBackground);
  if (!limits.keep_best) return matches;
  const auto best_of_object = std::get<0>(ious.max(1, /*keepdim=*/true));
  return torch::where((ious == best_of_object).any(0), object, matches);
}

SampledBoxes sample_boxes(const torch::Tensor& is_positive, const torch::Tensor& is_negative, int64_t count,
                          double positive_share, at::Generator& generator) {
  SampledBoxes sampled;
  sampled.positive =
      draw(is_positive, static_cast<int64_t>(static_cast<double>(count) * positive_share), generator);
  sampled.negative = draw(is_negative, std::max<int64_t>(0, count - sampled.positive.size(0)), generator);
  return sampled;
}

}  // namespace priorseg
