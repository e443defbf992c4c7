#include <torch/types.h>

#include "priorseg/ops/input_checks.h"
#include "priorseg/ops/sobel.h"

namespace priorseg {

torch::Tensor sobel_magnitude_portable(const torch::Tensor& maps) {
  check_maps(maps);
  if (maps.numel() == 0) return maps.clone();
  const auto padded = torch::replication_pad2d(maps, {1, 1, 1, 1});
  const int64_t height = maps.size(2), width = maps.size(3);
  const auto shifted = [&](int64_t y, int64_t x) { return padded.narrow(2, y, height).narrow(3, x, width); };
  const auto gx =
      shifted(0, 2) - shifted(0, 0) + 2 * (shifted(1, 2) - shifted(1, 0)) + shifted(2, 2) - shifted(2, 0);
  const auto gy =
      shifted(2, 0) - shifted(0, 0) + 2 * (shifted(2, 1) - shifted(0, 1)) + shifted(2, 2) - shifted(0, 2);
  return (gx * gx + gy * gy + 1e-12).sqrt() / 4;
}

}  // namespace priorseg
