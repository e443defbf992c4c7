#include "priorseg/detector/evidence.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "priorseg/core/parallel.h"

namespace priorseg {
namespace {

constexpr double kFaintGradient = 0.02;  // of the mapped image, a unit step being 1

/// Lower quartile, interpolated between neighbours; 0 without values.
float lower_quartile(std::vector<float>& values) {
  if (values.empty()) return 0;
  const double place = 0.25 * static_cast<double>(values.size() - 1);
  const auto low = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), low, values.end());
  if (low + 1 == values.end()) return *low;
  const float next = *std::min_element(low + 1, values.end());
  return *low + static_cast<float>(place - std::floor(place)) * (next - *low);
}

struct Gradient {
  double x, y;
};

/// Sobel filter / 4 at (x, y) of a square patch; borders repeat.
Gradient sobel_at(const float* patch, int64_t side, int64_t x, int64_t y) {
  const int64_t left = std::max<int64_t>(0, x - 1), right = std::min(side - 1, x + 1);
  const float* above = patch + std::max<int64_t>(0, y - 1) * side;
  const float* here = patch + y * side;
  const float* below = patch + std::min(side - 1, y + 1) * side;
  return {
      (above[right] + 2.0 * here[right] + below[right] - above[left] - 2.0 * here[left] - below[left]) / 4,
      (below[left] + 2.0 * below[x] + below[right] - above[left] - 2.0 * above[x] - above[right]) / 4};
}

/// @param across, down  px of the image per px of the patch.
double alignment_of_one(const float* patch, const float* mask, int64_t side, double across, double down) {
  double sum = 0, weight = 0;
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x) {
      const auto of_mask = sobel_at(mask, side, x, y);
      if (of_mask.x == 0 && of_mask.y == 0) continue;
      const auto of_image = sobel_at(patch, side, x, y);
      const double mx = of_mask.x / across, my = of_mask.y / down;
      const double ix = of_image.x / across, iy = of_image.y / down;
      // std::hypot minds overflow, which grey values of about 1 are far from, and takes ten times as long.
      sum += (ix * mx + iy * my) / (std::sqrt(ix * ix + iy * iy) + kFaintGradient);
      weight += std::sqrt(mx * mx + my * my);
    }
  return weight > 0 ? sum / weight : 0;
}

}  // namespace

torch::Tensor contrast_of(const torch::Tensor& signal_patches, const torch::Tensor& masks) {
  const auto signals = signal_patches.contiguous(), shares = masks.contiguous();
  const int64_t count = signals.size(0), size = count > 0 ? signals.numel() / count : 0;
  auto result = torch::empty({count});
  parallel_for(0, count, 16, [&](int64_t first, int64_t last) {
    std::vector<float> around;
    for (int64_t n = first; n < last; ++n) {
      const float* signal = signals.data_ptr<float>() + n * size;
      const float* share = shares.data_ptr<float>() + n * size;
      double sum = 0, weight = 0;
      around.clear();
      for (int64_t i = 0; i < size; ++i) {
        sum += signal[i] * share[i];
        weight += share[i];
        if (share[i] < 0.25f) around.push_back(signal[i]);
      }
      result.data_ptr<float>()[n] = static_cast<float>(sum / std::max(weight, 1e-3)) - lower_quartile(around);
    }
  });
  return result;
}

torch::Tensor alignment_of(const torch::Tensor& patches, const torch::Tensor& masks,
                           const torch::Tensor& boxes) {
  const auto images = patches.contiguous(), shares = masks.contiguous(), places = boxes.contiguous();
  const int64_t side = shares.size(3), size = side * side;
  auto result = torch::empty({shares.size(0)});
  parallel_for(0, shares.size(0), 16, [&](int64_t first, int64_t last) {
    for (int64_t n = first; n < last; ++n) {
      const float* box = places.data_ptr<float>() + n * 4;
      const auto px = static_cast<double>(side);
      result.data_ptr<float>()[n] = static_cast<float>(alignment_of_one(images.data_ptr<float>() + n * size,
                                                                        shares.data_ptr<float>() + n * size,
                                                                        side, box[3] / px, box[2] / px));
    }
  });
  return result;
}

}  // namespace priorseg
