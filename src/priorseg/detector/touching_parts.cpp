#include "priorseg/detector/touching_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace priorseg {
namespace {

// What speaks for a cut, in heights of the object above its background; it is made where the sum is above 0.
// Chosen on labelled images of several kinds (docs/notebook/touching-objects.md).
constexpr double kValleyWorth = 1, kDeepestValley = 0.6, kHighestDam = -0.3;
constexpr double kFillWorth = 11, kMostFill = 0.15, kLeastFill = -0.1;
constexpr double kSizeWorth = 1.2, kMostSize = 0.5, kLeastSize = -1.2;  // of the logarithm
constexpr double kPassWorth = 1.8, kDeepestPass = 0.6;
constexpr double kWorthOfTwo = 0.12;
constexpr double kMostShortOfTwo = 0.2;  // grey values hardly ever bring more

constexpr double kMostHeight = 2.5;  // of the typical height of the object
constexpr double kFineHills = 0.12,
                 kHills = 0.2;            // standard deviations of the smoothing, radii of the object
constexpr double kSmoothDistance = 0.06;  // radii of the object
constexpr double kLeastSmoothing = 0.5;   // px
constexpr double kLeastPeak = 0.05;
constexpr size_t kLeastPart = 5;   // px
constexpr int kMostDivisions = 4;  // one after the other: 16 parts

/// A rectangle of a window around an object, and what is measured there once.
struct Ground {
  int64_t height = 0, width = 0;
  std::vector<float> grey;  // above the background, without the noise of single pixels; unknown: 0
};

using Pixels = std::vector<uint8_t>;  // 1 = pixel of a part

struct Frame {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

/// The tight box of an object; one without pixels has no rows.
Frame box_of(const Pixels& object, int64_t height, int64_t width) {
  int64_t top = height, bottom = 0, left = width, right = 0;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      if (!object[static_cast<size_t>(y * width + x)]) continue;
      top = std::min(top, y), bottom = std::max(bottom, y + 1);
      left = std::min(left, x), right = std::max(right, x + 1);
    }
  return {top, left, bottom - top, right - left};
}

/// Gaussian, sigma in px; of the border of the ground there is no more than is there.
/// @param wanted  where the result is asked for; elsewhere it is 0.
std::vector<float> gaussian(const std::vector<float>& values, int64_t height, int64_t width, double sigma,
                            const Frame& wanted) {
  const auto reach = static_cast<int64_t>(std::ceil(3 * sigma));
  std::vector<float> weights;
  for (int64_t d = -reach; d <= reach; ++d)
    weights.push_back(static_cast<float>(std::exp(-0.5 * static_cast<double>(d * d) / (sigma * sigma))));
  const auto total = [&](int64_t at, int64_t size) {
    float sum = 0;
    for (int64_t d = std::max(-reach, -at); d <= std::min(reach, size - 1 - at); ++d)
      sum += weights[static_cast<size_t>(d + reach)];
    return sum;
  };
  std::vector<float> down(values.size()), both(values.size());
  const int64_t bottom = wanted.top + wanted.height, right = wanted.left + wanted.width;
  for (int64_t y = wanted.top; y < bottom; ++y) {
    float* row = down.data() + y * width;
    const float share = 1 / total(y, height);
    for (int64_t d = std::max(-reach, -y); d <= std::min(reach, height - 1 - y); ++d) {
      const float weight = share * weights[static_cast<size_t>(d + reach)];
      const float* from = values.data() + (y + d) * width;
      for (int64_t x = 0; x < width; ++x) row[x] += weight * from[x];
    }
  }
  std::vector<float> shares;
  for (int64_t x = 0; x < width; ++x) shares.push_back(1 / total(x, width));
  for (int64_t y = wanted.top; y < bottom; ++y) {
    float* row = both.data() + y * width;
    const float* from = down.data() + y * width;
    for (int64_t d = -reach; d <= reach; ++d) {
      const float weight = weights[static_cast<size_t>(d + reach)];
      const int64_t first = std::max(wanted.left, -d), last = std::min(right, width - d);
      for (int64_t x = first; x < last; ++x) row[x] += weight * from[x + d];
    }
    for (int64_t x = wanted.left; x < right; ++x) row[x] *= shares[static_cast<size_t>(x)];
  }
  return both;
}

/// The pixels around a pixel: eight, or those that are there.
class Around {
 public:
  Around(int64_t height, int64_t width) : height_(height), width_(width), at_border_(height * width) {
    for (int64_t x = 0; x < width; ++x) at_border_[x] = at_border_[(height - 1) * width + x] = 1;
    for (int64_t y = 0; y < height; ++y) at_border_[y * width] = at_border_[y * width + width - 1] = 1;
    steps_ = {-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1};
  }

  /// Calls visit(index) for those of pixel `i`, row by row.
  template <class Visit>
  void of(size_t i, const Visit& visit) const {
    const auto at = static_cast<int64_t>(i);
    if (!at_border_[i]) {
      for (const int64_t step : steps_) visit(static_cast<size_t>(at + step));
      return;
    }
    const int64_t y = at / width_, x = at % width_;
    for (int64_t v = std::max<int64_t>(0, y - 1); v <= std::min(height_ - 1, y + 1); ++v)
      for (int64_t u = std::max<int64_t>(0, x - 1); u <= std::min(width_ - 1, x + 1); ++u)
        if (v != y || u != x) visit(static_cast<size_t>(v * width_ + u));
  }

 private:
  int64_t height_, width_;
  std::vector<uint8_t> at_border_;
  std::array<int64_t, 8> steps_;
};

struct Pass {
  double depth = 0;  // below the lower one of the two peaks
  double lower_peak = 0;
  size_t peaks[2] = {0, 0};  // pixels
};

/// Sinks a flood from the highest pixel down: hills come up as islands and grow together.
class Hills {
 public:
  Hills(const std::vector<float>& values, const Pixels& object, const Around& around)
      : values_(values), around_(around), parent_(values.size(), kSea) {
    std::vector<std::pair<float, size_t>> highest_first;  // heights negative
    for (size_t i = 0; i < object.size(); ++i)
      if (object[i]) highest_first.emplace_back(-values[i], i);
    std::sort(highest_first.begin(), highest_first.end());
    for (const auto& [height, i] : highest_first) order_.push_back(i);
  }

  /// The pass that lies deepest below the lower one of its two hills; its depth is 0 where there is one hill.
  Pass deepest_pass() {
    Pass best;
    for (const size_t i : order_) {
      size_t land = rise(i);
      around_.of(i, [&](size_t next) {
        if (parent_[next] == kSea) return;
        size_t other = peak_of(next);
        land = peak_of(i);
        if (other == land) return;
        if (values_[other] > values_[land]) std::swap(other, land);
        const double depth = static_cast<double>(values_[other]) - static_cast<double>(values_[i]);
        if (depth > best.depth) best = {depth, values_[other], {land, other}};
        parent_[other] = land;
      });
    }
    return best;
  }

  /// The object cut in two at a pass: pixels of the lower hill.
  Pixels cut_at(const Pass& pass) {
    std::fill(parent_.begin(), parent_.end(), kSea);
    const auto side = [&](size_t peak) { return peak == pass.peaks[0] ? 1 : peak == pass.peaks[1] ? 2 : 0; };
    for (const size_t i : order_) {
      rise(i);
      // The highest ones first: a pixel between both sides goes with the higher one of its neighbours.
      std::array<size_t, 8> near;
      size_t count = 0;
      around_.of(i, [&](size_t next) {
        if (parent_[next] == kSea) return;
        size_t place = count++;
        for (; place > 0 && values_[near[place - 1]] < values_[next]; --place) near[place] = near[place - 1];
        near[place] = next;
      });
      for (size_t k = 0; k < count; ++k) {
        size_t other = peak_of(near[k]), land = peak_of(i);
        if (other == land || (side(other) != 0 && side(land) != 0)) continue;
        if (side(other) != 0 || (side(land) == 0 && values_[other] > values_[land])) std::swap(other, land);
        parent_[other] = land;
      }
    }
    Pixels lower(parent_.size());
    for (const size_t i : order_) lower[i] = peak_of(i) == pass.peaks[1];
    return lower;
  }

 private:
  static constexpr size_t kSea = std::numeric_limits<size_t>::max();

  size_t rise(size_t i) { return parent_[i] = i; }

  size_t peak_of(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  const std::vector<float>& values_;
  const Around& around_;
  std::vector<size_t> parent_, order_;  // order: of the object, highest first
};

/// How much of the ellipse of its moments an object fills, and its size.
struct Filled {
  double area = 0, fill = 1;
};

Filled filled(const Pixels& part, int64_t width) {
  double n = 0, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < part.size(); ++i) {
    if (!part[i]) continue;
    const auto x = static_cast<double>(static_cast<int64_t>(i) % width),
               y = static_cast<double>(static_cast<int64_t>(i) / width);
    n += 1, sx += x, sy += y, xx += x * x, yy += y * y, xy += x * y;
  }
  if (n < 3) return {n, 1};
  const double pixel = 1.0 / 12;  // variance of a pixel's own square
  xx = xx / n - sx * sx / n / n + pixel, yy = yy / n - sy * sy / n / n + pixel, xy = xy / n - sx * sy / n / n;
  return {n, n / (4 * M_PI * std::sqrt(std::max(1e-6, xx * yy - xy * xy)))};
}

double diameter_of(double area) { return 2 * std::sqrt(area / M_PI); }

/// What the shape of an object would say for two, were it cut into two ellipses of one size.
double most_of_shape(const Filled& whole, const SizesOfParts& sizes) {
  const double size = std::log(diameter_of(whole.area / 2) / sizes.typical);
  return kWorthOfTwo + kFillWorth * std::clamp(1 - whole.fill, kLeastFill, kMostFill) +
         kSizeWorth * std::clamp(size, kLeastSize, kMostSize);
}

bool may_be_two(const Filled& whole, const SizesOfParts& sizes) {
  return whole.area >= 2 * kLeastPart && diameter_of(whole.area / 2) >= sizes.smallest &&
         most_of_shape(whole, sizes) > -kMostShortOfTwo;
}

struct Cut {
  Pixels lower;
  double evidence = 0;
};

class Division {
 public:
  Division(Ground ground, const SizesOfParts& sizes)
      : ground_(std::move(ground)), around_(ground_.height, ground_.width), sizes_(sizes) {}

  void divide(const Pixels& object, int divisions_left, std::vector<Pixels>& parts) const {
    const auto lower = divisions_left > 0 ? best_cut(object) : std::nullopt;
    if (!lower) {
      parts.push_back(object);
      return;
    }
    Pixels rest = object;
    for (size_t i = 0; i < rest.size(); ++i) rest[i] &= !(*lower)[i];
    divide(rest, divisions_left - 1, parts);
    divide(*lower, divisions_left - 1, parts);
  }

 private:
  std::optional<Pixels> best_cut(const Pixels& object) const {
    const Filled whole = filled(object, ground_.width);
    if (!may_be_two(whole, sizes_)) return std::nullopt;
    const double radius = diameter_of(whole.area) / 2;
    auto inside = values_in(ground_.grey, object);
    const double typical_height = quantile_of(inside, 0.5);
    if (!(typical_height > 0)) return std::nullopt;
    auto heights = ground_.grey;
    for (float& height : heights)
      height = std::clamp(height / static_cast<float>(typical_height), 0.0f, static_cast<float>(kMostHeight));
    const Frame box = box_of(object, ground_.height, ground_.width);
    const auto smoothed = [&](const std::vector<float>& map, double sigma) {
      return gaussian(map, ground_.height, ground_.width, std::max(kLeastSmoothing, sigma * radius), box);
    };
    std::vector<float> depth;
    for (const int32_t steps : distances_to(0, object, ground_.height, ground_.width))
      depth.push_back(static_cast<float>(std::min(steps / double{kOutlineStep}, 2 * radius) / radius));
    depth = smoothed(depth, kSmoothDistance);
    auto both = smoothed(heights, kFineHills);
    for (size_t i = 0; i < both.size(); ++i) both[i] *= depth[i];
    std::optional<Cut> best;
    for (const auto& map : {smoothed(heights, kHills), depth, both}) {
      auto cut = cut_by(map, heights, object, whole);
      if (cut.evidence > (best ? best->evidence : 0)) best = std::move(cut);
    }
    if (!best) return std::nullopt;
    return std::move(best->lower);
  }

  Cut cut_by(const std::vector<float>& map, const std::vector<float>& heights, const Pixels& object,
             const Filled& whole) const {
    Hills hills(map, object, around_);
    const Pass pass = hills.deepest_pass();
    if (pass.depth <= 0) return {};
    Cut cut{hills.cut_at(pass), 0};
    Pixels rest = object;
    for (size_t i = 0; i < rest.size(); ++i) rest[i] &= !cut.lower[i];
    const Filled a = filled(rest, ground_.width), b = filled(cut.lower, ground_.width);
    const double smaller = diameter_of(std::min(a.area, b.area));
    if (std::min(a.area, b.area) < kLeastPart || smaller < sizes_.smallest) return {};
    const double fill = (a.area * a.fill + b.area * b.fill) / whole.area - whole.fill;
    const double depth = pass.depth / std::max(kLeastPeak, pass.lower_peak);
    const double size = std::log(smaller / sizes_.typical);
    const double of_shapes = kWorthOfTwo + kFillWorth * std::clamp(fill, kLeastFill, kMostFill) +
                             kPassWorth * std::min(depth, kDeepestPass) +
                             kSizeWorth * std::clamp(size, kLeastSize, kMostSize);
    if (of_shapes + kValleyWorth * kDeepestValley <= 0) return {};
    const double valley = valley_along(heights, rest, cut.lower);
    cut.evidence = of_shapes + kValleyWorth * std::clamp(valley, kHighestDam, kDeepestValley);
    return cut;
  }

  /// How much lower the image is along the cut than inside of the lower one of the parts.
  double valley_along(const std::vector<float>& heights, const Pixels& a, const Pixels& b) const {
    double sum = 0, count = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      if (!a[i] && !b[i]) continue;
      const auto& other = a[i] ? b : a;
      bool at_cut = false;
      around_.of(i, [&](size_t next) { at_cut |= other[next] != 0; });
      if (at_cut) sum += heights[i], count += 1;
    }
    auto in_a = values_in(heights, a), in_b = values_in(heights, b);
    return std::min(quantile_of(in_a, 0.5), quantile_of(in_b, 0.5)) - sum / std::max(1.0, count);
  }

  static std::vector<float> values_in(const std::vector<float>& map, const Pixels& part) {
    std::vector<float> values;
    for (size_t i = 0; i < map.size(); ++i)
      if (part[i]) values.push_back(map[i]);
    return values;
  }

  Ground ground_;
  Around around_;
  const SizesOfParts& sizes_;
};

/// The object and what lies around it as far as anything looks.
Frame frame_of(const OutlineWindow& window, double reach) {
  const Frame box = box_of(window.is_object, window.height, window.width);
  const auto margin = static_cast<int64_t>(std::ceil(reach)) + 1;
  const int64_t top = std::max<int64_t>(0, box.top - margin), left = std::max<int64_t>(0, box.left - margin);
  return {top, left, std::min(window.height, box.top + box.height + margin) - top,
          std::min(window.width, box.left + box.width + margin) - left};
}

template <class Value>
std::vector<Value> framed(const std::vector<Value>& map, const Frame& frame, int64_t width) {
  std::vector<Value> result;
  for (int64_t y = 0; y < frame.height; ++y) {
    const auto row = map.begin() + (frame.top + y) * width + frame.left;
    result.insert(result.end(), row, row + frame.width);
  }
  return result;
}

}  // namespace

std::vector<Pixels> touching_parts(const OutlineWindow& window, const SizesOfParts& sizes) {
  const Filled whole = filled(window.is_object, window.width);
  if (!may_be_two(whole, sizes)) return {window.is_object};
  const double radius = outline_radius(static_cast<int64_t>(whole.area));
  const auto grey = smooth_grey(window);
  const auto outside = distances_to(1, window.is_object, window.height, window.width);
  const auto greys = greys_of_object(window, grey, outside, radius);
  if (!greys) return {window.is_object};
  const Frame frame = frame_of(window, 3 * kHills * radius);
  Ground ground{frame.height, frame.width, framed(grey, frame, window.width)};
  for (float& value : ground.grey)
    value = std::isnan(value) ? 0.0f : value - static_cast<float>(greys->background);
  std::vector<Pixels> parts;
  Division(std::move(ground), sizes)
      .divide(framed(window.is_object, frame, window.width), kMostDivisions, parts);
  std::vector<Pixels> result;
  for (const auto& part : parts) {
    Pixels of_window(window.is_object.size());
    for (int64_t y = 0; y < frame.height; ++y)
      std::copy_n(part.begin() + y * frame.width, frame.width,
                  of_window.begin() + (frame.top + y) * window.width + frame.left);
    result.push_back(std::move(of_window));
  }
  return result;
}

}  // namespace priorseg
