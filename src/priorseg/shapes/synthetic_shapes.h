#pragma once

#include <torch/types.h>

#include "priorseg/core/random.h"

namespace priorseg {

/// How synthetic outlines are drawn. Every patch shows one object whose tight bounding box fills the middle
/// `fill` of the patch in both directions (the aspect ratio of the box is the localizer's business).
struct SyntheticShapeOptions {
  int64_t patch_size = 32;      ///< px, side of a mask patch, 8 to 128
  double fill = 0.7;            ///< share of the patch side that the object's bounding box takes, in (0,1)
  double max_axis_ratio = 3.0;  ///< longest / shortest axis of the shapes, >= 1
  double ellipses = 1.0;        ///< relative frequency of elastically deformed ellipses (the paper's family)
  double rods = 0.0;            ///< ... of rods with round caps, straight or bent
  double spindles = 0.0;        ///< ... of spindles: pointed at both ends, straight or bent
  double contours = 0.0;        ///< ... of free outlines r(phi) from low-order Fourier series
  double elastic = 0.06;  ///< amplitude of the elastic deformation as a share of the object's size, 0 = none
  bool antialias = true;  ///< grey border pixels by coverage; false: binary masks, as in the paper

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("patch_size", patch_size, "side of a mask patch in px, 8 to 128");
    v("fill", fill, "share of the patch side that an object's bounding box takes, 0.3 to 0.95");
    v("max_axis_ratio", max_axis_ratio, "longest to shortest axis of the shapes, 1 to 10");
    v("ellipses", ellipses, "relative frequency of elastically deformed ellipses, >= 0");
    v("rods", rods, "relative frequency of rods with round caps, >= 0");
    v("spindles", spindles, "relative frequency of spindles, pointed at both ends, >= 0");
    v("contours", contours, "relative frequency of free outlines from low-order Fourier series, >= 0");
    v("elastic", elastic, "amplitude of the elastic deformation as a share of the object's size, 0 to 0.3");
    v("antialias", antialias, "grey border pixels by coverage; false: binary masks");
  }
};

/// Draws `count` masks of single objects.
///
/// @return [count,1,S,S] float32 in [0,1].
/// @throws Error from validate().
torch::Tensor draw_synthetic_masks(int64_t count, const SyntheticShapeOptions& options, Random& random);

}  // namespace priorseg
