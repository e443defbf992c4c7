#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/maskrcnn/annotated_image.h"
#include "priorseg/maskrcnn/mask_rcnn.h"

namespace priorseg::test {

/// A light network for disks of 18 to 36 px, at the scale of the image.
inline MaskRcnnOptions tiny_baseline_options() {
  MaskRcnnOptions options;
  options.size.min = 18;
  options.size.max = 36;
  options.size.side = 25.4558441;  // sqrt(18 * 36)
  options.intensity.mapping = IntensityMapping::kLinear;
  options.backbone.kind = BackboneKind::kResNet18;
  options.backbone.pyramid_channels = 32;
  options.regions.box_width = 64;
  options.regions.mask_channels = 16;
  options.regions.samples = 64;
  options.proposals.most_after_nms = 200;
  options.proposals.most_after_nms_found = 200;
  options.training.crop_size = 128;
  options.training.learning_rate = 2e-3;
  options.training.validation_crops = 2;
  options.inference.precision = Precision::kFloat32;
  return options;
}

/// Disks that do not touch, on a dim background: pixels [1,side,side] and labels [side,side] int32.
inline std::pair<torch::Tensor, torch::Tensor> draw_disks(uint64_t seed, int64_t side = 128) {
  Random random(seed);
  torch::manual_seed(seed);
  const auto y = torch::arange(side).view({-1, 1}) + 0.5, x = torch::arange(side).view({1, -1}) + 0.5;
  auto pixels = torch::rand({side, side}) * 12 + 20;
  auto labels = torch::zeros({side, side}, torch::kInt32);
  std::vector<std::array<double, 3>> disks;
  for (int i = 0; i < 200 && disks.size() < 6; ++i) {
    const double radius = random.uniform(10, 17);
    const auto far = static_cast<double>(side) - radius;
    const std::array<double, 3> disk = {random.uniform(radius, far), random.uniform(radius, far), radius};
    const bool is_free = std::all_of(disks.begin(), disks.end(), [&](const auto& other) {
      return std::hypot(disk[0] - other[0], disk[1] - other[1]) > disk[2] + other[2] + 3;
    });
    if (!is_free) continue;
    disks.push_back(disk);
    const auto inside = (x - disk[0]).square() + (y - disk[1]).square() < radius * radius;
    pixels += inside * random.uniform(60, 160);
    labels.masked_fill_(inside, static_cast<int32_t>(disks.size()));
  }
  return {pixels.unsqueeze(0), labels};
}

/// Images of disks as the trainer takes them.
inline std::vector<AnnotatedImage> annotated_disks(const MaskRcnn& model, int64_t count) {
  std::vector<AnnotatedImage> images;
  for (int64_t i = 0; i < count; ++i) {
    const auto [pixels, labels] = draw_disks(static_cast<uint64_t>(i) + 1);
    images.push_back(prepare_annotated(model, {pixels, 0}, labels));
  }
  return images;
}

inline std::map<std::string, torch::Tensor> weights_of(const MaskRcnn& model) {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  model.collect(tensors, settings);
  return tensors;
}

}  // namespace priorseg::test
