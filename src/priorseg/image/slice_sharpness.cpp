#include "priorseg/image/slice_sharpness.h"

#include <torch/types.h>

#include "priorseg/core/shape_check.h"

namespace priorseg {

double slice_sharpness(const torch::Tensor& pixels) {
  check_shape(pixels, {std::nullopt, std::nullopt, std::nullopt}, "pixels");
  const auto grey = torch::nan_to_num(pixels, 0.0, 0.0, 0.0).mean(0);
  const int64_t height = grey.size(0) / 2, width = grey.size(1) / 2;
  if (height < 3 || width < 3) return 0;
  const auto even = grey.slice(0, 0, 2 * height).slice(1, 0, 2 * width);
  const auto means = even.reshape({height, 2, width, 2}).mean({1, 3}).to(torch::kFloat64);
  const auto down = means.slice(0, 2) - means.slice(0, 0, height - 2);
  const auto along = means.slice(1, 2) - means.slice(1, 0, width - 2);
  return (down.square().sum() + along.square().sum()).item<double>();
}

}  // namespace priorseg
