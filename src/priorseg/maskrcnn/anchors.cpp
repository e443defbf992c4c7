#include "priorseg/maskrcnn/anchors.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr size_t kLevels = 5;  // of the feature pyramid

/// [R,4] anchors around (0, 0).
torch::Tensor anchors_at_origin(double side, const std::vector<double>& ratios) {
  const auto stretch = torch::tensor(ratios, torch::kFloat32).sqrt();
  const auto half_height = stretch * side / 2, half_width = 1 / stretch * side / 2;
  return torch::stack({-half_width, -half_height, half_width, half_height}, 1).round();
}

}  // namespace

std::vector<torch::Tensor> make_anchors(const AnchorOptions& options,
                                        const std::vector<std::array<int64_t, 2>>& feature_sizes,
                                        std::array<int64_t, 2> image_size) {
  if (feature_sizes.size() != options.sides.size())
    throw Error("there are " + std::to_string(feature_sizes.size()) + " feature maps and " +
                std::to_string(options.sides.size()) + " sides of anchors, expected one side a map");
  std::vector<torch::Tensor> anchors;
  for (size_t level = 0; level < feature_sizes.size(); ++level) {
    const auto [height, width] = feature_sizes[level];
    const auto y = torch::arange(height, torch::kFloat32) * static_cast<double>(image_size[0] / height);
    const auto x = torch::arange(width, torch::kFloat32) * static_cast<double>(image_size[1] / width);
    const auto rows = y.view({-1, 1}).expand({height, width}), columns = x.expand({height, width});
    const auto places = torch::stack({columns, rows, columns, rows}, 2).reshape({-1, 1, 4});
    anchors.push_back((places + anchors_at_origin(options.sides[level], options.ratios)).reshape({-1, 4}));
  }
  return anchors;
}

AnchorOptions anchors_for(double smallest, double largest, double max_ratio) {
  AnchorOptions anchors;
  const double octaves = std::log2(largest / smallest);
  const auto levels = std::clamp(static_cast<int64_t>(std::ceil(octaves)), int64_t{1}, int64_t{kLevels});
  anchors.sides.clear();
  for (int64_t level = 0; level < levels; ++level) {
    const double share = (static_cast<double>(level) + 0.5) / static_cast<double>(levels);
    anchors.sides.push_back(smallest * std::pow(largest / smallest, share));
  }
  const double ratio = std::pow(max_ratio, 2.0 / 3);
  anchors.ratios = {1 / ratio, 1, ratio};
  return anchors;
}

}  // namespace priorseg
