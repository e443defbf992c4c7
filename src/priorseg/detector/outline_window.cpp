#include "priorseg/detector/outline_window.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace priorseg {
namespace {

constexpr double kLargestRadius =
    40;                              // px: outlines of larger objects move no further than those of this one
constexpr double kBackground = 0.3;  // quantile around the object: light of neighbours and debris is above it
constexpr double kInside = 0.5;      // quantile inside the object
constexpr double kFirstRing = 2;     // px from the outline to the background, over what is blurred
constexpr double kLeastRing = 4, kMostRing = 16;  // px: width of what counts as background, half a radius
constexpr size_t kLeastBackground = 10;           // px: fewer tell nothing
constexpr int64_t kBlurReach = 2;
constexpr std::array<float, 2 * kBlurReach + 1> kBlur = {0.01f, 0.207f, 0.566f, 0.207f,
                                                         0.01f};  // sigma .7 px

// Lengths of steps to the next pixel and to the diagonal one: nearly 1 to the root of 2.
constexpr int32_t kOutlineDiagonal = 7;
constexpr int32_t kFarOutside = std::numeric_limits<int32_t>::max() / 2;

double ring_width(double radius) { return std::clamp(0.5 * radius, kLeastRing, kMostRing); }

/// One row of a sweep: from the row before it (nothing for the first one), then along itself.
void sweep_row(const int32_t* before, int32_t* row, int64_t width) {
  if (before) {
    for (int64_t x = 0; x < width; ++x) row[x] = std::min(row[x], before[x] + kOutlineStep);
    for (int64_t x = 1; x < width; ++x) row[x] = std::min(row[x], before[x - 1] + kOutlineDiagonal);
    for (int64_t x = 1; x < width; ++x) row[x - 1] = std::min(row[x - 1], before[x] + kOutlineDiagonal);
  }
  for (int64_t x = 1; x < width; ++x) row[x] = std::min(row[x], row[x - 1] + kOutlineStep);
  for (int64_t x = width - 1; x > 0; --x) row[x - 1] = std::min(row[x - 1], row[x] + kOutlineStep);
}

/// Sums of neighbours by their weights, down and across; nothing lies outside.
std::vector<float> weighted_sums(const std::vector<float>& values, int64_t height, int64_t width) {
  std::vector<float> down(values.size()), both(values.size());
  for (int64_t y = 0; y < height; ++y)
    for (int64_t d = -kBlurReach; d <= kBlurReach; ++d) {
      if (y + d < 0 || y + d >= height) continue;
      const float weight = kBlur[static_cast<size_t>(d + kBlurReach)];
      for (int64_t x = 0; x < width; ++x) down[y * width + x] += weight * values[(y + d) * width + x];
    }
  for (int64_t y = 0; y < height; ++y)
    for (int64_t d = -kBlurReach; d <= kBlurReach; ++d) {
      const float weight = kBlur[static_cast<size_t>(d + kBlurReach)];
      const int64_t first = std::max<int64_t>(0, -d), last = std::min(width, width - d);
      for (int64_t x = first; x < last; ++x) both[y * width + x] += weight * down[y * width + x + d];
    }
  return both;
}

}  // namespace

std::vector<int32_t> distances_to(uint8_t value, const std::vector<uint8_t>& map, int64_t height,
                                  int64_t width) {
  std::vector<int32_t> distance(map.size());
  for (size_t i = 0; i < map.size(); ++i) distance[i] = map[i] == value ? 0 : kFarOutside;
  const auto row = [&](int64_t y) { return distance.data() + y * width; };
  for (int64_t y = 0; y < height; ++y) sweep_row(y > 0 ? row(y - 1) : nullptr, row(y), width);
  for (int64_t y = height - 2; y >= 0; --y) sweep_row(row(y + 1), row(y), width);
  return distance;
}

std::vector<float> smooth_grey(const OutlineWindow& window) {
  auto values = window.grey;
  std::vector<float> known(values.size(), 1);
  for (size_t i = 0; i < values.size(); ++i)
    if (std::isnan(values[i])) values[i] = known[i] = 0;
  const auto sum = weighted_sums(values, window.height, window.width),
             weight = weighted_sums(known, window.height, window.width);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = known[i] > 0 ? sum[i] / weight[i] : std::numeric_limits<float>::quiet_NaN();
  return values;
}

double quantile_of(std::vector<float>& values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

double outline_radius(int64_t area) {
  return std::min(kLargestRadius, std::sqrt(static_cast<double>(area) / M_PI));
}

double reach_of_greys(double radius) {
  return kFirstRing + ring_width(radius) + static_cast<double>(kBlurReach);
}

std::optional<ObjectGreys> greys_of_object(const OutlineWindow& window, const std::vector<float>& grey,
                                           const std::vector<int32_t>& outside, double radius) {
  const double first = kFirstRing * kOutlineStep, last = (kFirstRing + ring_width(radius)) * kOutlineStep;
  std::vector<float> around, within;
  for (size_t i = 0; i < grey.size(); ++i) {
    if (std::isnan(grey[i]) || window.is_neighbour[i]) continue;
    if (window.is_object[i]) {
      within.push_back(grey[i]);
    } else if (outside[i] >= first && outside[i] <= last) {
      around.push_back(grey[i]);
    }
  }
  if (around.size() < kLeastBackground || within.empty()) return std::nullopt;
  const ObjectGreys greys{quantile_of(around, kBackground), quantile_of(within, kInside)};
  if (!(greys.object > greys.background)) return std::nullopt;
  return greys;
}

}  // namespace priorseg
