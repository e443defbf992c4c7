#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace priorseg::test {

/// Round cells as bright as the ground on the whole, with a bright rim around a dark body. [300,300]
inline torch::Tensor draw_reliefs(uint64_t seed) {
  torch::manual_seed(seed);
  auto image = 500 + 5 * torch::randn({300, 300});
  const auto y = torch::arange(300, torch::kFloat32).view({-1, 1}),
             x = torch::arange(300, torch::kFloat32).view({1, -1});
  for (int64_t row = 40; row < 300; row += 70)
    for (int64_t column = 40; column < 300; column += 70) {
      const auto distance = ((y - row).square() + (x - column).square()).sqrt();
      image += 100 * torch::exp(-((distance - 18) / 3).square()) -
               100 * torch::exp(-((distance - 10) / 4).square());
    }
  return image;
}

}  // namespace priorseg::test
