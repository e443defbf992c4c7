#include "priorseg/maskrcnn/annotated_image.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/maskrcnn/corner_boxes.h"

namespace priorseg {
namespace {

constexpr int kTries = 8;  // to find a place with an object

/// Smallest area of what shows of an object: a sixteenth of the smallest object, as a disk.
int64_t least_area(const MaskRcnnOptions& options) {
  const double side = options.size.min * options.network_from_image();
  return std::max<int64_t>(4, std::llround(M_PI / 4 * side * side / 16));
}

}  // namespace

AnnotatedImage prepare_annotated(const MaskRcnn& model, const Image& image, const torch::Tensor& labels) {
  check_shape(labels, {std::nullopt, std::nullopt}, "the label map");
  if (labels.size(0) != image.height || labels.size(1) != image.width) {
    throw Error("the label map has " + std::to_string(labels.size(0)) + "x" + std::to_string(labels.size(1)) +
                " px and its image " + std::to_string(image.height) + "x" + std::to_string(image.width) +
                ", expected the same size");
  }
  const auto mapped = model.prepare(image);
  const auto wide = labels.to(torch::kFloat64).view({1, 1, labels.size(0), labels.size(1)});
  const auto resized = torch::upsample_nearest2d(wide, {mapped.size(0), mapped.size(1)});
  return {mapped, resized.view(mapped.sizes()).to(torch::kInt32)};
}

TrueObjects objects_of_labels(const torch::Tensor& labels, int64_t least_area) {
  const auto found = std::get<0>(at::_unique2(labels, /*sorted=*/true));
  const auto names = found.masked_select(found > 0);
  const auto masks = labels.unsqueeze(0) == names.view({-1, 1, 1});
  const auto large = torch::nonzero(masks.flatten(1).sum(1) >= least_area).view({-1});
  const auto kept = masks.index_select(0, large).to(torch::kFloat32);
  return {corners_of_masks(kept), kept};
}

TrainingSample draw_sample(const AnnotatedImage& image, const MaskRcnnOptions& options, bool augment,
                           Random& random) {
  const int64_t height = std::min(options.training.crop_size, image.mapped.size(0));
  const int64_t width = std::min(options.training.crop_size, image.mapped.size(1));
  TrainingSample sample;
  for (int i = 0; i < kTries; ++i) {
    const int64_t top = random.integer(0, image.mapped.size(0) - height);
    const int64_t left = random.integer(0, image.mapped.size(1) - width);
    const int64_t turns = augment ? random.integer(0, 3) : 0;
    const bool mirror = augment && random.chance(0.5);
    const auto cut = [&](const torch::Tensor& map) {
      const auto window = map.slice(0, top, top + height).slice(1, left, left + width);
      const auto turned = torch::rot90(window, turns, {0, 1});
      return (mirror ? turned.flip(1) : turned).contiguous();
    };
    sample.truth = objects_of_labels(cut(image.labels), least_area(options));
    sample.image = cut(image.mapped).unsqueeze(0);
    if (sample.truth.corners.size(0) > 0) break;
  }
  return sample;
}

}  // namespace priorseg
