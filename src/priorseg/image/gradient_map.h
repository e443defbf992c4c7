#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

/// How the Sobel magnitude of an image becomes the gradient map in [0,1] that the outlines have to explain.
struct GradientOptions {
  double truncate = 0.8;  ///< full scale = this share of the reference magnitude (paper: 0.8 of the maximum)
  double quantile =
      1.0;             ///< the reference: this quantile of the magnitudes; 1 = the maximum, as in the paper
  double floor = 0.0;  ///< full scale is at least this magnitude, so that noise is not stretched to edges

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("truncate", truncate,
      "full scale of the gradient map as a share of the reference magnitude, 0.05 to 1");
    v("quantile", quantile, "quantile of the image's gradient magnitudes that is the reference, 1 = maximum");
    v("floor", floor, "least full scale, in units of a unit step's magnitude, 0 to 1");
  }
};

/// The magnitude that becomes 1 in the gradient map of an image.
/// @param magnitude  Sobel magnitude of the whole mapped image, any shape, float32.
double gradient_full_scale(const torch::Tensor& magnitude, const GradientOptions& options);

}  // namespace priorseg
