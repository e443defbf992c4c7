#include "priorseg/detector/standing_out.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace priorseg {
namespace {

constexpr double kOppositeRules = 2;  // times as far below the background as above
constexpr double kStandingOut = 4;    // noise sigmas
constexpr double kMuch = 0.01;        // of the image
constexpr double kHardly = 0.2;       // of what stands out
constexpr double kPlainly = 0.7;

/// [H,W] bool: where an object is.
torch::Tensor covered_by(const std::vector<ObjectPixels>& objects, int64_t height, int64_t width) {
  auto covered = torch::zeros({height, width}, torch::kBool);
  auto* pixels = covered.data_ptr<bool>();
  for (const auto& object : objects)
    for (int64_t y = 0; y < object.height; ++y)
      for (int64_t x = 0; x < object.width; ++x)
        if (object.bits[static_cast<size_t>(y * object.width + x)])
          pixels[(object.y0 + y) * width + object.x0 + x] = true;
  return covered;
}

}  // namespace

void tell_what_stands_out(const NetworkImage& seen, const ImageStatistics& statistics, double bright,
                          FoundRows& piece) {
  const int64_t height = piece.pixels.size(1), width = piece.pixels.size(2), first = seen.padding;
  const auto inside = [&](const torch::Tensor& map) {
    return map.slice(0, first, first + std::llround(static_cast<double>(height) * seen.y_scale))
        .slice(1, first, first + std::llround(static_cast<double>(width) * seen.x_scale));
  };
  piece.looks_opposite = statistics.below > kOppositeRules * statistics.above;
  const double dark = -0.5 * statistics.below / std::max(statistics.noise, 1e-12);
  const auto small = piece.looks_opposite
                         ? inside(seen.signal).lt(dark)
                         : inside(seen.mapped).ge(bright) & inside(seen.signal).ge(kStandingOut);
  const auto stands_out =
      torch::upsample_nearest2d(small.to(torch::kFloat32).unsqueeze(0).unsqueeze(0), {height, width})
          .view({height, width})
          .gt(0);
  piece.standing_out = stands_out.sum().item<int64_t>();
  const auto covered = covered_by(piece.found.objects, height, width);
  piece.explained = (stands_out & covered).sum().item<int64_t>();
  piece.covered = covered.sum().item<int64_t>();
}

bool FoundRows::is_unexplained() const {
  const auto num_pixels = static_cast<double>(pixels.size(1) * pixels.size(2));
  return static_cast<double>(standing_out) >= std::max(1.0, kMuch * num_pixels) &&
         static_cast<double>(explained) < kHardly * static_cast<double>(standing_out);
}

bool FoundRows::is_plainly_explained() const {
  return explained > 0 && static_cast<double>(explained) >= kPlainly * static_cast<double>(standing_out) &&
         static_cast<double>(explained) >= kPlainly * static_cast<double>(covered);
}

}  // namespace priorseg
