#pragma once

#include "priorseg/core/random.h"
#include "priorseg/shapes/outline.h"

// Random outlines of one family each, about 1 unit long along the longest axis, of random direction. Ratios
// of the axes are drawn from [1, max_axis_ratio], on a logarithmic scale.
namespace priorseg {

/// An ellipse.
Outline draw_ellipse_outline(double max_axis_ratio, Random& random);

/// A rod with round caps; every second one is bent.
Outline draw_rod_outline(double max_axis_ratio, Random& random);

/// A spindle: pointed at both ends; every second one is bent.
Outline draw_spindle_outline(double max_axis_ratio, Random& random);

/// A free outline r(phi) = 1 + a Fourier series of the orders 2 to 5 with falling amplitude, stretched to a
/// random axis ratio; every second one is bent, which makes kidneys and beans.
Outline draw_contour_outline(double max_axis_ratio, Random& random);

}  // namespace priorseg
