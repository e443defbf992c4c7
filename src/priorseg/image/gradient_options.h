#pragma once

#include "priorseg/core/option_range.h"

namespace priorseg {

/// How the Sobel magnitude of an image becomes the gradient map in [0,1] that the outlines have to explain.
struct GradientOptions {
  double truncate = 0.8;  ///< full scale = this share of the reference magnitude (paper: 0.8 of the maximum)
  double quantile =
      1.0;             ///< the reference: this quantile of the magnitudes; 1 = the maximum, as in the paper
  double floor = 0.0;  ///< full scale is at least this magnitude, so that noise is not stretched to edges

  template <class Visitor>
  void visit(Visitor& v) {
    v("truncate", truncate, between(0.05, 1),
      "full scale of the gradient map as a share of the reference magnitude");
    v("quantile", quantile, between(0.5, 1),
      "quantile of the image's gradient magnitudes that is the reference, 1 = maximum");
    v("floor", floor, between(0, 1), "least full scale, in units of a unit step's magnitude");
  }
};

}  // namespace priorseg
