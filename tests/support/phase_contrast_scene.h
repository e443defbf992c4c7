#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <vector>

namespace priorseg::test {

/// Flat cells on a noisy ground of grey 1000: each a grainy disk, as grey as the ground on the whole, with a
/// bright halo around it.
/// @param cells  row, column and radius of each, px.
/// @return       [H,W] float32.
inline torch::Tensor draw_phase_contrast(const std::vector<std::array<double, 3>>& cells, int64_t height,
                                         int64_t width, uint64_t seed) {
  torch::manual_seed(seed);
  auto image = 1000 + 10 * torch::randn({height, width});
  const auto y = torch::arange(height, torch::kFloat32).view({-1, 1}),
             x = torch::arange(width, torch::kFloat32).view({1, -1});
  for (const auto& [row, column, radius] : cells) {
    const auto outside = ((y - row).square() + (x - column).square()).sqrt() - radius;
    image += outside.lt(0) * (60 * torch::randn({height, width}) - 15);
    image += 150 * torch::exp(-((outside - 3) / 2).square());
  }
  return image;
}

}  // namespace priorseg::test
