#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "priorseg/core/random.h"

namespace priorseg {

/// A point of the plane, in pixels or in units of the object; y points down.
struct Point {
  double x = 0, y = 0;
};

/// A closed polygon without self-intersection; the last point joins the first.
using Outline = std::vector<Point>;

/// Edges of a tight bounding box.
struct Bounds {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  double width() const { return x1 - x0; }
  double height() const { return y1 - y0; }
};

/// Tight bounding box of an outline with at least one point.
Bounds bounds_of(const Outline& outline);

/// Area inside the outline (the absolute value of the shoelace formula).
double area_of(const Outline& outline);

/// True if no two sides of the polygon cross. Work grows with the square of the number of points.
bool is_simple(const Outline& outline);

/// Rotates about the origin by `angle` radians.
void rotate(Outline& outline, double angle);

/// Bends the x axis into an arc that turns by `angle` radians along the outline's extent in x; distances to
/// the axis are kept. An angle of zero changes nothing.
void bend(Outline& outline, double angle);

/// Moves the outline by a smooth random displacement field: the sum of a few plane waves whose wavelengths
/// are about the size of the object. Never makes the outline cross itself: where a field would fold it, a
/// weaker one is taken.
///
/// @param amplitude  standard deviation of the displacement in each direction, as a share of the diameter of
/// the disc
///                   that has the outline's area.
void deform(Outline& outline, double amplitude, Random& random);

/// Scales each direction by itself and moves the outline so that its bounding box becomes `target`.
void fit_to(Outline& outline, const Bounds& target);

/// `count` points at equal distances along the outline.
Outline resample(const Outline& outline, int64_t count);

/// The share of each pixel that lies inside the outline, exactly (to rounding). What reaches over the border
/// is dropped.
///
/// @param outline  in pixels: pixel (0,0) covers the square [0,1)x[0,1).
/// @return         [height,width] float32 in [0,1].
torch::Tensor coverage(const Outline& outline, int64_t height, int64_t width);

}  // namespace priorseg
