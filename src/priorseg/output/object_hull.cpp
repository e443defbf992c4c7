#include "priorseg/output/object_hull.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace priorseg {
namespace {

struct HullPoint {
  int64_t x, y;
};

/// Above 0 where the way from a over b to c turns one way, below 0 the other.
int64_t turn(const HullPoint& a, const HullPoint& b, const HullPoint& c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/// The corners of the convex hull in their order (Andrew's monotone chain).
/// @param points  at least one.
std::vector<HullPoint> corners_of_hull(std::vector<HullPoint> points) {
  const auto place = [](const HullPoint& point) { return std::tie(point.x, point.y); };
  std::sort(points.begin(), points.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  points.erase(std::unique(points.begin(), points.end(),
                           [&](const auto& a, const auto& b) { return place(a) == place(b); }),
               points.end());
  if (points.size() < 3) return points;
  std::vector<HullPoint> corners;
  const auto go_along = [&](auto first, auto last) {
    const size_t start = corners.size();
    for (auto point = first; point != last; ++point) {
      while (corners.size() >= start + 2 && turn(corners.end()[-2], corners.back(), *point) <= 0)
        corners.pop_back();
      corners.push_back(*point);
    }
    corners.pop_back();  // where the other side begins
  };
  go_along(points.begin(), points.end());
  go_along(points.rbegin(), points.rend());
  return corners;
}

/// @param divisor  above 0.
int64_t floor_of_quotient(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// Whole numbers x for which (2 x, 2 y) lies in or on a hull.
int64_t count_in_row(const std::vector<HullPoint>& corners, int64_t y) {
  int64_t first = std::numeric_limits<int64_t>::max(), last = std::numeric_limits<int64_t>::min();
  for (size_t i = 0; i < corners.size(); ++i) {
    HullPoint a = corners[i], b = corners[(i + 1) % corners.size()];
    if (a.y > b.y) std::swap(a, b);
    if (a.y == b.y || 2 * y < a.y || 2 * y > b.y) continue;
    const int64_t divisor = 2 * (b.y - a.y);
    const int64_t crossing = a.x * (b.y - a.y) + (b.x - a.x) * (2 * y - a.y);
    first = std::min(first, -floor_of_quotient(-crossing, divisor));
    last = std::max(last, floor_of_quotient(crossing, divisor));
  }
  return std::max<int64_t>(0, last - first + 1);
}

}  // namespace

void RunningHull::add(int64_t x, int64_t y) {
  const auto column = static_cast<int32_t>(x), row = static_cast<int32_t>(y);
  if (!extents_.empty() && extents_.back().y == row) {
    extents_.back().last = column;
    return;
  }
  if (extents_.size() >= compact_from_) compact();
  extents_.push_back({row, column, column});
}

void RunningHull::compact() {
  if (extents_.size() < 3) return;
  std::vector<HullPoint> ends;
  for (const auto& extent : extents_) {
    ends.push_back({extent.first, extent.y});
    ends.push_back({extent.last, extent.y});
  }
  std::vector<int64_t> rows;
  for (const auto& corner : corners_of_hull(std::move(ends))) rows.push_back(corner.y);
  std::sort(rows.begin(), rows.end());
  std::erase_if(extents_, [&](const Extent& extent) {
    return !std::binary_search(rows.begin(), rows.end(), extent.y);
  });
  extents_.shrink_to_fit();
  compact_from_ = 2 * extents_.size() + 64;
}

int64_t RunningHull::area() const {
  if (extents_.empty()) return 0;
  std::vector<HullPoint> middles;  // of pixel edges, in half pixels
  for (const auto& [y, first, last] : extents_)
    for (const int64_t x : {first, last}) {
      const int64_t row = 2 * static_cast<int64_t>(y);
      middles.insert(middles.end(), {{2 * x - 1, row}, {2 * x + 1, row}});
      middles.insert(middles.end(), {{2 * x, row - 1}, {2 * x, row + 1}});
    }
  const auto corners = corners_of_hull(std::move(middles));
  int64_t area = 0;
  for (int64_t y = extents_.front().y; y <= extents_.back().y; ++y) area += count_in_row(corners, y);
  return area;
}

FeretDiameters RunningHull::feret_diameters(double unit_x, double unit_y) const {
  if (std::isnan(unit_x) || std::isnan(unit_y)) return {unit_x + unit_y, unit_x + unit_y};
  std::vector<HullPoint> centres;
  for (const auto& [y, first, last] : extents_) centres.insert(centres.end(), {{first, y}, {last, y}});
  if (centres.empty()) return {};
  const auto corners = corners_of_hull(std::move(centres));
  FeretDiameters diameters{std::numeric_limits<double>::infinity(), 0};
  for (size_t i = 0; i < corners.size(); ++i) {
    const HullPoint &a = corners[i], &b = corners[(i + 1) % corners.size()];
    const double along_x = static_cast<double>(b.x - a.x) * unit_x,
                 along_y = static_cast<double>(b.y - a.y) * unit_y;
    const double length = std::hypot(along_x, along_y);
    double furthest = 0;
    for (const auto& c : corners) {
      const double x = static_cast<double>(c.x - a.x) * unit_x, y = static_cast<double>(c.y - a.y) * unit_y;
      diameters.max = std::max(diameters.max, std::hypot(x, y));
      if (length > 0) furthest = std::max(furthest, std::abs(along_x * y - along_y * x) / length);
    }
    diameters.min = std::min(diameters.min, furthest);
  }
  return diameters;
}

}  // namespace priorseg
