#include "priorseg/ops/stitch.h"

#include "priorseg/ops/input_checks.h"

namespace priorseg {

torch::Tensor stitch(const torch::Tensor& patches, const torch::Tensor& boxes,
                     const torch::Tensor& image_of_box, int64_t num_images,
                     std::array<int64_t, 2> image_size) {
  // Each form checks its input.
  const auto form = kernel_takes(patches) ? stitch_kernel : stitch_portable;
  return form(patches, boxes, image_of_box, num_images, image_size);
}

}  // namespace priorseg
