#include "priorseg/detector/outline_signs.h"

#include <algorithm>
#include <cmath>

namespace priorseg {
namespace {

constexpr double kMostUnevenness = 2, kLeastSlope = 0.05, kMostSlope = 5;
constexpr int32_t kStepsOfRim =
    7;  // steps: pixels of the object beside one that is not, also across a corner

double fill_of_ellipse(const std::vector<uint8_t>& bits, int64_t height, int64_t width) {
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_xy = 0;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      if (!bits[static_cast<size_t>(y * width + x)]) continue;
      const auto u = static_cast<double>(x), v = static_cast<double>(y);
      n += 1, sum_x += u, sum_y += v, sum_xx += u * u, sum_yy += v * v, sum_xy += u * v;
    }
  constexpr double kPixel = 1.0 / 12;  // second moment of a pixel itself
  const double xx = sum_xx / n - sum_x * sum_x / (n * n) + kPixel;
  const double yy = sum_yy / n - sum_y * sum_y / (n * n) + kPixel;
  const double xy = sum_xy / n - sum_x * sum_y / (n * n);
  return n / (4 * M_PI * std::sqrt(xx * yy - xy * xy));
}

double iou_of(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  int64_t common = 0, either = 0;
  for (size_t i = 0; i < a.size(); ++i) common += a[i] & b[i], either += a[i] | b[i];
  return static_cast<double>(common) / static_cast<double>(either);
}

double deviation_inside(const std::vector<uint8_t>& outline, const std::vector<float>& grey) {
  double n = 0, sum = 0, squares = 0;
  for (size_t i = 0; i < grey.size(); ++i) {
    if (!outline[i] || std::isnan(grey[i])) continue;
    const double value = static_cast<double>(grey[i]);
    n += 1, sum += value, squares += value * value;
  }
  return n > 0 ? std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n))) : 0;
}

struct Slope {
  double down = 0, across = 0;
};

/// Sobel's filters at a pixel that has eight neighbours, a pixel.
template <class Value>
Slope slope_at(const std::vector<Value>& map, size_t i, size_t width) {
  const auto at = [&](size_t place) { return static_cast<double>(map[place]); };
  const double upper = at(i - width - 1) + 2 * at(i - width) + at(i - width + 1),
               lower = at(i + width - 1) + 2 * at(i + width) + at(i + width + 1),
               left = at(i - width - 1) + 2 * at(i - 1) + at(i + width - 1),
               right = at(i - width + 1) + 2 * at(i + 1) + at(i + width + 1);
  return {(lower - upper) / 8, (right - left) / 8};
}

/// How steeply grey values rise into the object: median over the rim, 0 without one.
/// @param inside  distances to what is not the object, steps.
double slope_of_rim(const OutlineWindow& window, const std::vector<float>& grey,
                    const std::vector<int32_t>& inside) {
  const auto width = static_cast<size_t>(window.width);
  std::vector<float> slopes;
  for (size_t y = 1; y + 1 < static_cast<size_t>(window.height); ++y)
    for (size_t x = 1; x + 1 < width; ++x) {
      const size_t i = y * width + x;
      if (!window.is_object[i] || inside[i] > kStepsOfRim) continue;
      const Slope light = slope_at(grey, i, width), mask = slope_at(window.is_object, i, width);
      const double length = std::hypot(mask.down, mask.across);
      const double slope = (light.down * mask.down + light.across * mask.across) / length;
      if (length > 0 && !std::isnan(slope)) slopes.push_back(static_cast<float>(slope));
    }
  return slopes.empty() ? 0 : quantile_of(slopes, 0.5);
}

}  // namespace

OutlineSigns signs_of_outline(const OutlineWindow& drawn, const std::vector<uint8_t>& outline, double score) {
  OutlineSigns signs;
  signs.score = score;
  signs.fill = fill_of_ellipse(outline, drawn.height, drawn.width);
  signs.agreement = iou_of(drawn.is_object, outline);
  signs.unevenness = kMostUnevenness;
  signs.sharpness = std::log(kLeastSlope);
  OutlineWindow window = drawn;
  window.is_object = outline;
  const auto grey = smooth_grey(window);
  const auto outside = distances_to(1, outline, window.height, window.width);
  const auto radius = outline_radius(std::count(outline.begin(), outline.end(), 1));
  const auto greys = greys_of_object(window, grey, outside, radius);
  if (!greys) return signs;
  const double contrast = greys->object - greys->background;
  signs.unevenness = std::min(kMostUnevenness, deviation_inside(outline, grey) / contrast);
  const auto inside = distances_to(0, outline, window.height, window.width);
  const double inner_radius = *std::max_element(inside.begin(), inside.end()) / double{kOutlineStep};
  const double slope = slope_of_rim(window, grey, inside) * inner_radius / contrast;
  signs.sharpness = std::log(std::clamp(slope, kLeastSlope, kMostSlope));
  return signs;
}

}  // namespace priorseg
