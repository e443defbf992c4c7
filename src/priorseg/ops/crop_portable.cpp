#include <torch/nn/functional/vision.h>

#include "priorseg/ops/crop.h"
#include "priorseg/ops/input_checks.h"

namespace priorseg {
namespace {

namespace F = torch::nn::functional;

/// Sample positions along one axis, -1 to 1 over the image. [n, size].
torch::Tensor image_position(const torch::Tensor& center, const torch::Tensor& length, int64_t size,
                             int64_t image_length) {
  const auto place = (torch::arange(size, center.options()) + 0.5) / size - 0.5;
  return 2 * (center.unsqueeze(1) + place * length.unsqueeze(1)) / image_length - 1;
}

/// Crops from one image [1,C,H,W]: all patches in one column, so that the image need not be copied for each.
torch::Tensor crop_from_image(const torch::Tensor& image, const torch::Tensor& boxes, int64_t size) {
  const int64_t num_boxes = boxes.size(0), channels = image.size(1);
  const auto x = image_position(boxes.select(1, 0), boxes.select(1, 3), size, image.size(3));
  const auto y = image_position(boxes.select(1, 1), boxes.select(1, 2), size, image.size(2));
  const auto grid =
      torch::stack({x.unsqueeze(1).expand({-1, size, -1}), y.unsqueeze(2).expand({-1, -1, size})}, 3);
  const auto column = F::grid_sample(
      image, grid.reshape({1, num_boxes * size, size, 2}),
      F::GridSampleFuncOptions().mode(torch::kBilinear).padding_mode(torch::kBorder).align_corners(false));
  return column.reshape({channels, num_boxes, size, size}).transpose(0, 1);
}

}  // namespace

torch::Tensor crop_portable(const torch::Tensor& images, const torch::Tensor& boxes,
                            const torch::Tensor& image_of_box, int64_t size) {
  check_crop(images, boxes, image_of_box, size);
  // The empty sums keep the result differentiable where no box covers anything.
  const auto zero = images.slice(0, 0, 0).sum() + boxes.slice(0, 0, 0).sum();
  auto patches = zero.expand({boxes.size(0), images.size(1), size, size}).clone();
  const auto covering = covering_boxes(boxes);
  for (int64_t b = 0; b < images.size(0); ++b) {
    const auto chosen = (covering & (image_of_box == b)).nonzero().squeeze(1);
    if (chosen.size(0) == 0) continue;
    const auto cropped = crop_from_image(images.slice(0, b, b + 1), boxes.index_select(0, chosen), size);
    patches.index_copy_(0, chosen, cropped);
  }
  return patches;
}

}  // namespace priorseg
