#include "priorseg/ops/crop.h"

#include "priorseg/ops/input_checks.h"

namespace priorseg {

torch::Tensor crop(const torch::Tensor& images, const torch::Tensor& boxes, const torch::Tensor& image_of_box,
                   int64_t size) {
  // Each form checks its input.
  const auto form = kernel_takes(images) ? crop_kernel : crop_portable;
  return form(images, boxes, image_of_box, size);
}

}  // namespace priorseg
