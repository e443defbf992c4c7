#include "priorseg/ops/sobel.h"

#include "priorseg/ops/input_checks.h"

namespace priorseg {

torch::Tensor sobel_magnitude(const torch::Tensor& maps) {
  // Each form checks its input.
  return kernel_takes(maps) ? sobel_magnitude_kernel(maps) : sobel_magnitude_portable(maps);
}

}  // namespace priorseg
