#include "priorseg/detector/pixel_outline.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace priorseg {
namespace {

constexpr double kHold = 1.5;  // levels that an outline costs that moves by the radius of its object

double farthest_out(double radius, double level) { return (1 - level) / kHold * radius + 0.5; }

class PixelOutline {
 public:
  PixelOutline(const OutlineWindow& window, double level)
      : window_(window), level_(level), grey_(smooth_grey(window)) {
    const auto& object = window.is_object;
    radius_ = outline_radius(std::count(object.begin(), object.end(), uint8_t{1}));
    outside_ = distances_to(1, object, window.height, window.width);
    inside_ = distances_to(0, object, window.height, window.width);
    to_neighbour_ = distances_to(1, window.is_neighbour, window.height, window.width);
  }

  std::vector<uint8_t> draw() {
    const auto greys = greys_of_object(window_, grey_, outside_, radius_);
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
  bool may_be_object(size_t i) const {
    return window_.is_object[i] || (!window_.is_neighbour[i] && outside_[i] < to_neighbour_[i]);
  }

  std::vector<uint8_t> taken(const ObjectGreys& greys) const {
    std::vector<uint8_t> result(grey_.size());
    for (size_t i = 0; i < grey_.size(); ++i) {
      if (std::isnan(grey_[i])) {
        result[i] = window_.is_object[i];
        continue;
      }
      if (!may_be_object(i)) continue;
      // The given outline runs half a pixel from the centres of the pixels beside it.
      const double depth = window_.is_object[i] ? inside_[i] / double{kOutlineStep} - 0.5
                                                : 0.5 - outside_[i] / double{kOutlineStep};
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
  const double radius = outline_radius(area);
  // A neighbour takes part up to as far from a pixel as that is from the object; the ring is blurred first.
  const double reach = std::max(2 * farthest_out(radius, level), reach_of_greys(radius));
  return static_cast<int64_t>(std::ceil(reach)) + 1;
}

std::vector<uint8_t> outline_by_pixels(const OutlineWindow& window, double level) {
  return PixelOutline(window, level).draw();
}

}  // namespace priorseg
