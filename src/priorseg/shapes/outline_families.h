#pragma once

#include "priorseg/core/random.h"
#include "priorseg/shapes/outline.h"

// Random outlines of one family each, about 1 unit long along the longest axis, of random direction.
namespace priorseg {

/// Limits of longest / shortest axis, 1 <= min <= max. Ratios are drawn on a logarithmic scale.
struct AxisRatios {
  double min = 1, max = 1;
};

/// An ellipse.
Outline draw_ellipse_outline(const AxisRatios& ratios, Random& random);

/// A rod with round caps; every second one is bent.
Outline draw_rod_outline(const AxisRatios& ratios, Random& random);

/// A spindle: pointed at both ends; every second one is bent.
Outline draw_spindle_outline(const AxisRatios& ratios, Random& random);

/// A free outline r(phi) = 1 + a Fourier series of the orders 2 to 5 with falling amplitude, stretched to a
/// random axis ratio; every second one is bent, which makes kidneys and beans.
Outline draw_contour_outline(const AxisRatios& ratios, Random& random);

/// Relative frequencies of the families, >= 0, at least one above 0.
struct FamilyFrequencies {
  double ellipses = 1, rods = 0, spindles = 0, contours = 0;
};

/// An outline of a random family.
Outline draw_outline(const FamilyFrequencies& frequencies, const AxisRatios& ratios, Random& random);

}  // namespace priorseg
