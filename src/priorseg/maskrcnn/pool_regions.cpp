#include "priorseg/maskrcnn/pool_regions.h"

#include <torch/torch.h>

#include "priorseg/maskrcnn/corner_boxes.h"
#include "priorseg/maskrcnn/roi_align.h"

namespace priorseg {
namespace {

constexpr int64_t kFinest = 2, kCoarsest = 5;  // levels, stride 2^level

torch::Tensor level_of_regions(const torch::Tensor& corners) {
  constexpr double kCanonicalSide = 224, kCanonicalLevel = 4, kRounding = 1e-6;
  const auto side = corner_areas(corners).sqrt();
  const auto level = torch::floor(kCanonicalLevel + torch::log2(side / kCanonicalSide) + kRounding);
  return level.clamp(kFinest, kCoarsest).to(torch::kInt64);
}

}  // namespace

torch::Tensor image_of_regions(const std::vector<torch::Tensor>& regions) {
  std::vector<torch::Tensor> images;
  for (size_t i = 0; i < regions.size(); ++i)
    images.push_back(torch::full({regions[i].size(0)}, static_cast<int64_t>(i), torch::kInt64));
  return torch::cat(images);
}

torch::Tensor pool_regions(const std::vector<torch::Tensor>& features,
                           const std::vector<torch::Tensor>& regions, int64_t side, bool aligned) {
  const auto corners = torch::cat(regions), image = image_of_regions(regions);
  const auto levels = level_of_regions(corners);
  std::vector<torch::Tensor> pooled, places;
  for (int64_t level = kFinest; level <= kCoarsest; ++level) {
    const auto here = torch::nonzero(levels == level).view({-1});
    if (here.size(0) == 0) continue;
    const RoiAlignOptions options{side, side, 1.0 / static_cast<double>(int64_t{1} << level), 2, aligned};
    const auto& map = features[static_cast<size_t>(level - kFinest)];
    pooled.push_back(roi_align(map, corners.index_select(0, here), image.index_select(0, here), options));
    places.push_back(here);
  }
  if (pooled.empty()) return torch::zeros({0, features[0].size(1), side, side}, features[0].options());
  return torch::cat(pooled).index_select(0, torch::cat(places).argsort().to(features[0].device()));
}

}  // namespace priorseg
