#include "priorseg/maskrcnn/box_nms.h"

#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

struct Box {
  float x1, y1, x2, y2;
  int64_t group;

  float area() const { return (x2 - x1) * (y2 - y1); }
  float iou(const Box& other) const {
    const float width = std::max(0.0f, std::min(x2, other.x2) - std::max(x1, other.x1));
    const float height = std::max(0.0f, std::min(y2, other.y2) - std::max(y1, other.y1));
    const float common = width * height;
    return common / (area() + other.area() - common);
  }
};

void check_nms_input(const torch::Tensor& corners, const torch::Tensor& scores, const torch::Tensor& groups) {
  check_shape(corners, {std::nullopt, 4}, "corners");
  check_shape(scores, {corners.size(0)}, "scores");
  check_shape(groups, {corners.size(0)}, "groups");
  if (corners.scalar_type() != torch::kFloat32 || scores.scalar_type() != torch::kFloat32 ||
      groups.scalar_type() != torch::kInt64)
    throw Error("box_nms got other types than expected: corners and scores Float, groups Long");
}

std::vector<Box> boxes_in_order(const torch::Tensor& corners, const torch::Tensor& groups,
                                const torch::Tensor& order) {
  const auto sides = corners.accessor<float, 2>();
  const auto group = groups.accessor<int64_t, 1>();
  const auto place = order.accessor<int64_t, 1>();
  std::vector<Box> boxes;
  boxes.reserve(static_cast<size_t>(order.size(0)));
  for (int64_t k = 0; k < order.size(0); ++k) {
    const int64_t i = place[k];
    boxes.push_back({sides[i][0], sides[i][1], sides[i][2], sides[i][3], group[i]});
  }
  return boxes;
}

}  // namespace

torch::Tensor box_nms(const torch::Tensor& corners, const torch::Tensor& scores, const torch::Tensor& groups,
                      double max_iou) {
  check_nms_input(corners, scores, groups);
  const auto order = std::get<1>(scores.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
  const auto boxes = boxes_in_order(corners, groups, order);
  std::vector<int64_t> kept;
  std::vector<uint8_t> is_dropped(boxes.size(), 0);
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (is_dropped[i]) continue;
    kept.push_back(static_cast<int64_t>(i));
    for (size_t k = i + 1; k < boxes.size(); ++k) {
      if (boxes[k].group == boxes[i].group && boxes[i].iou(boxes[k]) > max_iou) is_dropped[k] = 1;
    }
  }
  return order.index_select(0, torch::tensor(kept, torch::kInt64));
}

}  // namespace priorseg
