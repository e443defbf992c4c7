#include "priorseg/maskrcnn/corner_boxes.h"

#include <torch/torch.h>

#include <cmath>

#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

/// Centre and sides, one column each.
struct Columns {
  torch::Tensor width, height, x, y;
};

Columns columns_of(const torch::Tensor& corners) {
  const auto width = corners.select(-1, 2) - corners.select(-1, 0);
  const auto height = corners.select(-1, 3) - corners.select(-1, 1);
  return {width, height, corners.select(-1, 0) + 0.5 * width, corners.select(-1, 1) + 0.5 * height};
}

}  // namespace

torch::Tensor corner_areas(const torch::Tensor& corners) {
  check_shape(corners, {std::nullopt, 4}, "corners");
  return (corners.select(1, 2) - corners.select(1, 0)) * (corners.select(1, 3) - corners.select(1, 1));
}

torch::Tensor corner_ious(const torch::Tensor& a, const torch::Tensor& b) {
  const auto area_a = corner_areas(a), area_b = corner_areas(b);
  const auto low = torch::maximum(a.slice(1, 0, 2).unsqueeze(1), b.slice(1, 0, 2));
  const auto high = torch::minimum(a.slice(1, 2, 4).unsqueeze(1), b.slice(1, 2, 4));
  const auto sides = (high - low).clamp_min(0);
  const auto common = sides.select(2, 0) * sides.select(2, 1);
  return common / (area_a.unsqueeze(1) + area_b - common);
}

torch::Tensor clip_corners(const torch::Tensor& corners, std::array<int64_t, 2> size) {
  const auto x = corners.slice(-1, 0, 4, 2).clamp(0, size[1]);
  const auto y = corners.slice(-1, 1, 4, 2).clamp(0, size[0]);
  return torch::stack({x, y}, -1).reshape(corners.sizes());
}

torch::Tensor large_enough(const torch::Tensor& corners, double least_side) {
  const auto sides = corners.slice(1, 2, 4) - corners.slice(1, 0, 2);
  return torch::nonzero((sides >= least_side).all(1)).view({-1});
}

torch::Tensor centres_from_corners(const torch::Tensor& corners) {
  check_shape(corners, {std::nullopt, 4}, "corners");
  const auto columns = columns_of(corners);
  return torch::stack({columns.x, columns.y, columns.height, columns.width}, 1);
}

torch::Tensor corners_from_centres(const torch::Tensor& boxes) {
  check_shape(boxes, {std::nullopt, 4}, "boxes");
  const auto x = boxes.select(1, 0), y = boxes.select(1, 1);
  const auto half_height = 0.5 * boxes.select(1, 2), half_width = 0.5 * boxes.select(1, 3);
  return torch::stack({x - half_width, y - half_height, x + half_width, y + half_height}, 1);
}

torch::Tensor corners_of_masks(const torch::Tensor& masks) {
  check_shape(masks, {std::nullopt, std::nullopt, std::nullopt}, "masks");
  if (masks.size(0) == 0) return torch::zeros({0, 4});
  const auto first = [](const torch::Tensor& covered) { return covered.to(torch::kInt64).argmax(1); };
  const auto last = [&](const torch::Tensor& covered) { return covered.size(1) - first(covered.flip(1)); };
  const auto columns = (masks > 0).any(1), rows = (masks > 0).any(2);
  return torch::stack({first(columns), first(rows), last(columns), last(rows)}, 1).to(torch::kFloat32);
}

torch::Tensor BoxCoding::encode(const torch::Tensor& boxes, const torch::Tensor& references) const {
  const auto box = columns_of(boxes), reference = columns_of(references);
  return torch::stack({centre_weight * (box.x - reference.x) / reference.width,
                       centre_weight * (box.y - reference.y) / reference.height,
                       side_weight * torch::log(box.width / reference.width),
                       side_weight * torch::log(box.height / reference.height)},
                      1);
}

torch::Tensor BoxCoding::decode(const torch::Tensor& offsets, const torch::Tensor& references) const {
  static const double most = std::log(1000.0 / 16);
  const auto reference = columns_of(references.unsqueeze(1));
  const auto parts = offsets.reshape({references.size(0), -1, 4}).unbind(2);
  const auto x = parts[0] / centre_weight * reference.width + reference.x;
  const auto y = parts[1] / centre_weight * reference.height + reference.y;
  const auto half_width = 0.5 * torch::exp((parts[2] / side_weight).clamp_max(most)) * reference.width;
  const auto half_height = 0.5 * torch::exp((parts[3] / side_weight).clamp_max(most)) * reference.height;
  return torch::stack({x - half_width, y - half_height, x + half_width, y + half_height}, 2);
}

}  // namespace priorseg
