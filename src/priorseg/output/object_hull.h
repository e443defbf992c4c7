#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace priorseg {

/// How far an object reaches between two parallel lines, the nearest and the furthest that hold it: Feret's
/// diameters, of its pixels' centres as in CellProfiler. 0 for a single pixel.
struct FeretDiameters {
  double min = 0, max = 0;
};

/// The convex hull of an object whose pixels come row by row. It holds only what may lie on the hull.
class RunningHull {
 public:
  /// The next pixel: not above those before, and in a row right of them.
  void add(int64_t x, int64_t y);
  /// Lets go of what cannot lie on the hull.
  void compact();

  /// Pixels whose centres lie in or on the convex hull of the object, which holds the middles of the edges of
  /// its pixels, as in scikit-image (area_convex).
  int64_t area() const;
  /// @param unit_x, unit_y  from one pixel to the next; NaN gives NaN.
  FeretDiameters feret_diameters(double unit_x, double unit_y) const;

 private:
  /// The first and the last pixel of a row.
  struct Extent {
    int32_t y, first, last;
  };

  std::vector<Extent> extents_;
  size_t compact_from_ = 64;
};

}  // namespace priorseg
