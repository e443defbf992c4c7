#include "priorseg/studio/label_regions.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

/// The bounding box of an object, one pixel wider on each side, with what each of its pixels is.
struct RegionWindow {
  int64_t x0, y0, height, width;
  std::vector<int32_t> state;  // row-major
  int64_t image_height, image_width;

  bool is_in_image(int64_t i) const {
    const int64_t y = y0 + i / width, x = x0 + i % width;
    return y >= 0 && x >= 0 && y < image_height && x < image_width;
  }
  int64_t index_in_image(int64_t i) const { return (y0 + i / width) * image_width + x0 + i % width; }
  /// Pixels that share a side with pixel i.
  template <class Visit>
  void visit_neighbours(int64_t i, const Visit& visit) const {
    const int64_t x = i % width, y = i / width;
    if (y > 0) visit(i - width);
    if (x > 0) visit(i - 1);
    if (x + 1 < width) visit(i + 1);
    if (y + 1 < height) visit(i + width);
  }
};

constexpr int32_t kElsewhere = -1, kOfObject = 0, kOfLine = -2;

RegionWindow window_of(const torch::Tensor& labels, int32_t label) {
  const int64_t height = labels.size(0), width = labels.size(1);
  const int32_t* data = labels.data_ptr<int32_t>();
  int64_t x0 = width, y0 = height, x1 = -1, y1 = -1;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      if (data[y * width + x] == label) {
        x0 = std::min(x0, x), x1 = std::max(x1, x);
        y0 = std::min(y0, y), y1 = std::max(y1, y);
      }
  if (x1 < 0) throw Error("cannot correct: there is no object " + std::to_string(label));
  RegionWindow window{x0 - 1, y0 - 1, y1 - y0 + 3, x1 - x0 + 3, {}, height, width};
  window.state.assign(static_cast<size_t>(window.height * window.width), kElsewhere);
  for (int64_t i = 0; i < std::ssize(window.state); ++i)
    if (window.is_in_image(i) && data[window.index_in_image(i)] == label)
      window.state[static_cast<size_t>(i)] = kOfObject;
  return window;
}

/// Gives `to` to all pixels of state `from` that are connected with pixel `start`. @return how many.
int64_t flood(RegionWindow& window, int64_t start, int32_t from, int32_t to) {
  std::vector<int64_t> open = {start};
  window.state[static_cast<size_t>(start)] = to;
  int64_t count = 0;
  while (!open.empty()) {
    const int64_t i = open.back();
    open.pop_back();
    ++count;
    window.visit_neighbours(i, [&](int64_t next) {
      if (window.state[static_cast<size_t>(next)] != from) return;
      window.state[static_cast<size_t>(next)] = to;
      open.push_back(next);
    });
  }
  return count;
}

/// Marks the pixels of the object that a line passes, in steps so short that it has no gap between pixels
/// that share a side.
void mark_line(RegionWindow& window, const std::vector<ImagePoint>& line) {
  const auto mark = [&](double x, double y) {
    const auto column = static_cast<int64_t>(std::floor(x)) - window.x0;
    const auto row = static_cast<int64_t>(std::floor(y)) - window.y0;
    if (row < 0 || column < 0 || row >= window.height || column >= window.width) return;
    auto& state = window.state[static_cast<size_t>(row * window.width + column)];
    if (state == kOfObject) state = kOfLine;
  };
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const auto [x, y] = line[i];
    const double dx = line[i + 1].x - x, dy = line[i + 1].y - y;
    const double steps = std::ceil(2 * std::max(std::abs(dx), std::abs(dy))) + 1;
    for (double step = 0; step <= steps; ++step) {
      const double px = x + dx * step / steps, py = y + dy * step / steps;
      mark(px, py);
      mark(px + .5, py);  // a diagonal alone lets 4-connected parts touch at corners only, which is no gap
      mark(px, py + .5);
    }
  }
}

/// Pixels of the line go to the part that reaches them first.
void give_line_to_parts(RegionWindow& window) {
  std::vector<int64_t> border;
  for (int64_t i = 0; i < std::ssize(window.state); ++i)
    if (window.state[static_cast<size_t>(i)] > 0) border.push_back(i);
  while (!border.empty()) {
    std::vector<int64_t> next_border;
    for (const int64_t i : border)
      window.visit_neighbours(i, [&](int64_t next) {
        auto& state = window.state[static_cast<size_t>(next)];
        if (state != kOfLine) return;
        state = window.state[static_cast<size_t>(i)];
        next_border.push_back(next);
      });
    border = std::move(next_border);
  }
}

}  // namespace

std::vector<ImagePoint> read_points(const nlohmann::json& object, const std::string& name) {
  const auto fail = [&] { throw Error("'" + name + "' is no list of points x, y, x, y, ..."); };
  if (!object.contains(name) || !object[name].is_array()) fail();
  const auto& list = object[name];
  if (list.size() % 2 != 0 || list.size() > 2 * kMostPoints) fail();
  std::vector<ImagePoint> points;
  for (size_t i = 0; i < list.size(); i += 2) {
    if (!list[i].is_number() || !list[i + 1].is_number()) fail();
    points.push_back({list[i].get<double>(), list[i + 1].get<double>()});
    if (!(std::abs(points.back().x) < 1e7 && std::abs(points.back().y) < 1e7)) fail();
  }
  return points;
}

std::vector<int64_t> pixels_in_polygon(const std::vector<ImagePoint>& polygon, int64_t height,
                                       int64_t width) {
  double top = static_cast<double>(height), bottom = 0;
  for (const auto& point : polygon) top = std::min(top, point.y), bottom = std::max(bottom, point.y);
  std::vector<int64_t> pixels;
  std::vector<double> crossings;
  const auto first_row = static_cast<int64_t>(std::max(0.0, std::floor(top)));
  for (int64_t row = first_row; row < height && static_cast<double>(row) <= bottom; ++row) {
    const double y = static_cast<double>(row) + .5;
    crossings.clear();
    for (size_t i = 0; i < polygon.size(); ++i) {
      const auto &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
      if ((a.y <= y) != (b.y <= y)) crossings.push_back(a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y));
    }
    std::sort(crossings.begin(), crossings.end());
    for (size_t i = 0; i + 1 < crossings.size(); i += 2) {
      const auto first = static_cast<int64_t>(std::ceil(crossings[i] - .5));
      const auto last = static_cast<int64_t>(std::ceil(crossings[i + 1] - .5));
      for (int64_t x = std::max<int64_t>(0, first); x < std::min(width, last); ++x)
        pixels.push_back(row * width + x);
    }
  }
  return pixels;
}

DividedObject split_along_line(const torch::Tensor& labels, int32_t label,
                               const std::vector<ImagePoint>& line) {
  auto window = window_of(labels, label);
  mark_line(window, line);
  std::vector<std::pair<int64_t, int32_t>> sizes;  // of part n at entry n - 1
  for (int64_t i = 0; i < std::ssize(window.state); ++i)
    if (window.state[static_cast<size_t>(i)] == kOfObject) {
      const auto part = static_cast<int32_t>(sizes.size()) + 1;
      sizes.emplace_back(flood(window, i, kOfObject, part), part);
    }
  give_line_to_parts(window);
  std::stable_sort(sizes.begin(), sizes.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<int64_t> order(sizes.size() + 1);
  for (size_t i = 0; i < sizes.size(); ++i)
    order[static_cast<size_t>(sizes[i].second)] = static_cast<int64_t>(i);
  DividedObject divided;
  divided.num_parts = std::ssize(sizes);
  for (int64_t i = 0; i < std::ssize(window.state); ++i) {
    const int32_t part = window.state[static_cast<size_t>(i)];
    if (part > 0) divided.pixels.emplace_back(window.index_in_image(i), order[static_cast<size_t>(part)]);
  }
  return divided;
}

std::vector<int64_t> holes_of(const torch::Tensor& labels, int32_t label) {
  auto window = window_of(labels, label);
  constexpr int32_t kAround = 1;
  flood(window, 0, kElsewhere, kAround);
  std::vector<int64_t> holes;
  for (int64_t i = 0; i < std::ssize(window.state); ++i)
    if (window.state[static_cast<size_t>(i)] == kElsewhere && window.is_in_image(i))
      holes.push_back(window.index_in_image(i));
  return holes;
}

}  // namespace priorseg
