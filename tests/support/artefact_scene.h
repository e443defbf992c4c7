#pragma once

#include <torch/torch.h>

#include <cstdint>

#include "priorseg/core/random.h"

namespace priorseg::test {

constexpr int64_t kSceneHeight = 300, kSceneWidth = 360;
constexpr double kSceneBackground = 150, kSceneNoise = 5;

/// Soft round objects of 9 to 13 px radius, 400 to 900 above a background of 150 with noise of sigma 5. [H,W]
inline torch::Tensor draw_scene(uint64_t seed) {
  Random random(seed);
  torch::manual_seed(seed);
  const auto y = torch::arange(kSceneHeight, torch::kFloat32).view({-1, 1}),
             x = torch::arange(kSceneWidth, torch::kFloat32).view({1, -1});
  auto image = torch::full({kSceneHeight, kSceneWidth}, kSceneBackground);
  for (int64_t row = 25; row + 20 < kSceneHeight; row += 50)
    for (int64_t column = 25; column + 20 < kSceneWidth; column += 50) {
      const double cy = static_cast<double>(row) + random.uniform(-8, 8),
                   cx = static_cast<double>(column) + random.uniform(-8, 8);
      const auto distance = ((y - cy).square() + (x - cx).square()).sqrt() - random.uniform(9, 13);
      image += random.uniform(400, 900) * torch::sigmoid(-distance);
    }
  return (image + kSceneNoise * torch::randn(image.sizes())).round();
}

/// Three strokes of 11 x 2 px with a foot: letters. Their top left corner lies at (y, x).
inline void draw_letters(torch::Tensor& image, int64_t y, int64_t x, double value) {
  for (int64_t i = 0; i < 3; ++i) {
    image.slice(0, y, y + 11).slice(1, x + 8 * i, x + 8 * i + 2).fill_(value);
    image.slice(0, y + 9, y + 11).slice(1, x + 8 * i, x + 8 * i + 5).fill_(value);
  }
}

}  // namespace priorseg::test
