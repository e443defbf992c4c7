#include "priorseg/detector/pixel_outline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace priorseg {
namespace {

constexpr double kHold = 1.5;  // levels that an outline costs that moves by the radius of its object
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
constexpr int32_t kStep = 5, kDiagonal = 7;
constexpr int32_t kFar = std::numeric_limits<int32_t>::max() / 2;

double radius_of(int64_t area) {
  return std::min(kLargestRadius, std::sqrt(static_cast<double>(area) / M_PI));
}

double ring_width(double radius) { return std::clamp(0.5 * radius, kLeastRing, kMostRing); }

double farthest_out(double radius, double level) { return (1 - level) / kHold * radius + 0.5; }

/// One row of a sweep: from the row before it (nothing for the first one), then along itself.
void sweep_row(const int32_t* before, int32_t* row, int64_t width) {
  if (before) {
    for (int64_t x = 0; x < width; ++x) row[x] = std::min(row[x], before[x] + kStep);
    for (int64_t x = 1; x < width; ++x) row[x] = std::min(row[x], before[x - 1] + kDiagonal);
    for (int64_t x = 1; x < width; ++x) row[x - 1] = std::min(row[x - 1], before[x] + kDiagonal);
  }
  for (int64_t x = 1; x < width; ++x) row[x] = std::min(row[x], row[x - 1] + kStep);
  for (int64_t x = width - 1; x > 0; --x) row[x - 1] = std::min(row[x - 1], row[x] + kStep);
}

/// In steps, from each pixel to the nearest one whose value is `value`; kFar without any.
std::vector<int32_t> distances_to(uint8_t value, const std::vector<uint8_t>& map, int64_t height,
                                  int64_t width) {
  std::vector<int32_t> distance(map.size());
  for (size_t i = 0; i < map.size(); ++i) distance[i] = map[i] == value ? 0 : kFar;
  const auto row = [&](int64_t y) { return distance.data() + y * width; };
  for (int64_t y = 0; y < height; ++y) sweep_row(y > 0 ? row(y - 1) : nullptr, row(y), width);
  for (int64_t y = height - 2; y >= 0; --y) sweep_row(row(y + 1), row(y), width);
  return distance;
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

/// Grey values without the noise of single pixels; unknown ones stay so and count for nothing.
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

class PixelOutline {
 public:
  PixelOutline(const OutlineWindow& window, double level)
      : window_(window), level_(level), grey_(smooth_grey(window)) {
    const auto& object = window.is_object;
    const int64_t area = std::count(object.begin(), object.end(), uint8_t{1});
    radius_ = radius_of(area);
    outside_ = distances_to(1, object, window.height, window.width);
    inside_ = distances_to(0, object, window.height, window.width);
    to_neighbour_ = distances_to(1, window.is_neighbour, window.height, window.width);
  }

  std::vector<uint8_t> draw() {
    const auto greys = measure();
    if (!greys) return window_.is_object;
    auto drawn = part_of_object(taken(*greys));
    fill_holes(drawn);
    int64_t before = 0, left = 0;
    for (size_t i = 0; i < drawn.size(); ++i) {
      before += window_.is_object[i];
      left += window_.is_object[i] & drawn[i];
    }
    return 2 * left < before ? window_.is_object : drawn;
  }

 private:
  struct Greys {
    double background, object;
  };

  /// Nothing where they do not tell the object from its surroundings.
  std::optional<Greys> measure() const {
    const double first = kFirstRing * kStep, last = (kFirstRing + ring_width(radius_)) * kStep;
    std::vector<float> around, within;
    for (size_t i = 0; i < grey_.size(); ++i) {
      if (std::isnan(grey_[i]) || window_.is_neighbour[i]) continue;
      if (window_.is_object[i]) {
        within.push_back(grey_[i]);
      } else if (outside_[i] >= first && outside_[i] <= last) {
        around.push_back(grey_[i]);
      }
    }
    if (around.size() < kLeastBackground || within.empty()) return std::nullopt;
    const Greys greys{quantile_of(around, kBackground), quantile_of(within, kInside)};
    if (!(greys.object > greys.background)) return std::nullopt;
    return greys;
  }

  bool may_be_object(size_t i) const {
    return window_.is_object[i] || (!window_.is_neighbour[i] && outside_[i] < to_neighbour_[i]);
  }

  std::vector<uint8_t> taken(const Greys& greys) const {
    std::vector<uint8_t> result(grey_.size());
    for (size_t i = 0; i < grey_.size(); ++i) {
      if (std::isnan(grey_[i])) {
        result[i] = window_.is_object[i];
        continue;
      }
      if (!may_be_object(i)) continue;
      // The given outline runs half a pixel from the centres of the pixels beside it.
      const double depth =
          window_.is_object[i] ? inside_[i] / double{kStep} - 0.5 : 0.5 - outside_[i] / double{kStep};
      const double height = (grey_[i] - greys.background) / (greys.object - greys.background);
      result[i] = std::clamp(height, 0.0, 1.0) + kHold * depth / radius_ >= level_;
    }
    return result;
  }

  /// Marks what hangs together with a pixel of `set`, over common sides, and is not marked yet.
  void mark_from(size_t start, const std::vector<uint8_t>& set, std::vector<int32_t>& marks, int32_t mark) {
    const auto width = static_cast<size_t>(window_.width);
    open_ = {start};
    marks[start] = mark;
    while (!open_.empty()) {
      const size_t i = open_.back(), x = i % width;
      open_.pop_back();
      const auto visit = [&](bool is_there, size_t next) {
        if (!is_there || !set[next] || marks[next] != 0) return;
        marks[next] = mark;
        open_.push_back(next);
      };
      visit(x > 0, i - 1);
      visit(x + 1 < width, i + 1);
      visit(i >= width, i - width);
      visit(i + width < set.size(), i + width);
    }
  }

  /// The part that holds most pixels of the object; the first of equal ones.
  std::vector<uint8_t> part_of_object(const std::vector<uint8_t>& set) {
    std::vector<int32_t> marks(set.size());
    std::vector<int64_t> shared = {0};
    for (size_t i = 0; i < set.size(); ++i)
      if (set[i] && marks[i] == 0) {
        mark_from(i, set, marks, static_cast<int32_t>(shared.size()));
        shared.push_back(0);
      }
    for (size_t i = 0; i < set.size(); ++i)
      shared[static_cast<size_t>(marks[i])] += window_.is_object[i] && set[i];
    const auto best = std::max_element(shared.begin() + 1, shared.end()) - shared.begin();
    std::vector<uint8_t> result(set.size());
    if (shared.size() > 1)
      for (size_t i = 0; i < set.size(); ++i) result[i] = marks[i] == best;
    return result;
  }

  /// What the border of the window is not reached from without crossing the object; pixels of the object or
  /// free ones alone.
  void fill_holes(std::vector<uint8_t>& drawn) {
    std::vector<uint8_t> rest(drawn.size());
    for (size_t i = 0; i < drawn.size(); ++i) rest[i] = drawn[i] == 0;
    std::vector<int32_t> marks(drawn.size());
    const int64_t height = window_.height, width = window_.width;
    const auto start = [&](int64_t y, int64_t x) {
      const auto i = static_cast<size_t>(y * width + x);
      if (rest[i] && marks[i] == 0) mark_from(i, rest, marks, 1);
    };
    for (int64_t x = 0; x < width; ++x) start(0, x), start(height - 1, x);
    for (int64_t y = 0; y < height; ++y) start(y, 0), start(y, width - 1);
    for (size_t i = 0; i < drawn.size(); ++i)
      if (rest[i] && marks[i] == 0 && may_be_object(i) && !(std::isnan(grey_[i]) && !window_.is_object[i]))
        drawn[i] = 1;
  }

  const OutlineWindow& window_;
  double level_, radius_ = 1;
  std::vector<float> grey_;
  std::vector<int32_t> outside_, inside_, to_neighbour_;  // steps
  std::vector<size_t> open_;
};

}  // namespace

int64_t outline_margin(int64_t area, double level) {
  const double radius = radius_of(area);
  // A neighbour takes part up to as far from a pixel as that is from the object; the ring is blurred first.
  const double reach = std::max(2 * farthest_out(radius, level),
                                kFirstRing + ring_width(radius) + static_cast<double>(kBlurReach));
  return static_cast<int64_t>(std::ceil(reach)) + 1;
}

std::vector<uint8_t> outline_by_pixels(const OutlineWindow& window, double level) {
  return PixelOutline(window, level).draw();
}

}  // namespace priorseg
