#pragma once

#include <cstdint>
#include <string>

#include "priorseg/core/option_range.h"

namespace priorseg {

/// Relative frequencies of shape families.
constexpr NumberRange kFamilyFrequency = between(0, 1e6);

/// How synthetic outlines are drawn. Every patch shows one object whose tight bounding box fills the middle
/// `fill` of the patch in both directions (the aspect ratio of the box is the localizer's business).
struct SyntheticShapeOptions {
  int64_t patch_size = 32;      ///< px, side of a mask patch
  double fill = 0.7;            ///< share of the patch side that the object's bounding box takes
  double max_axis_ratio = 3.0;  ///< longest / shortest axis of the shapes
  double ellipses = 1.0;        ///< relative frequency of elastically deformed ellipses (the paper's family)
  double rods = 0.0;            ///< ... of rods with round caps, straight or bent
  double spindles = 0.0;        ///< ... of spindles: pointed at both ends, straight or bent
  double contours = 0.0;        ///< ... of free outlines r(phi) from low-order Fourier series
  double elastic = 0.06;  ///< amplitude of the elastic deformation as a share of the object's size, 0 = none
  bool antialias = true;  ///< grey border pixels by coverage; false: binary masks, as in the paper

  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("patch_size", patch_size, between(8, 128), "side of a mask patch in px");
    v("fill", fill, between(0.3, 1), "share of the patch side that an object's bounding box takes");
    v("max_axis_ratio", max_axis_ratio, between(1, 10), "longest to shortest axis of the shapes");
    v("ellipses", ellipses, kFamilyFrequency, "relative frequency of elastically deformed ellipses");
    v("rods", rods, kFamilyFrequency, "relative frequency of rods with round caps");
    v("spindles", spindles, kFamilyFrequency, "relative frequency of spindles, pointed at both ends");
    v("contours", contours, kFamilyFrequency,
      "relative frequency of free outlines from low-order Fourier series");
    v("elastic", elastic, between(0, 0.3),
      "amplitude of the elastic deformation as a share of the object's size");
    v("antialias", antialias, "grey border pixels by coverage; false: binary masks");
  }
};

}  // namespace priorseg
