#pragma once

#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/intensity_options.h"

namespace priorseg {

/// Turns a grey image into one whose objects are bright.
///
/// - kBright (and kAuto): as it is.
/// - kDark: negative.
/// - kAbsorbing: -log10 of the image by the light that comes through where nothing absorbs, at most 1.7: what
///   is darker than a fiftieth of it is mostly noise.
/// - kRelief: relief_of().
///
/// @param grey   [H,W] float32.
/// @param white  for kAbsorbing, see IntensityOptions; 0 = the brightest pixel of `grey`.
torch::Tensor with_bright_objects(const torch::Tensor& grey, Polarity polarity, double white = 0);

/// What an image says about its polarity.
struct PolaritySigns {
  bool stands_out = false;  ///< parts of the image have much more contrast than the rest
  /// Of those parts, filled: mean of their difference to the median of the image, by its root mean square.
  /// 1 = all are brighter, -1 = all are darker, near 0 = as much brighter as darker.
  double one_sided = 0;
};

/// The light that comes through where nothing absorbs: a high quantile.
/// @param grey  [H,W] float32, finite, not empty.
double measure_white(const torch::Tensor& grey);

/// @param grey  [H,W] float32, finite.
PolaritySigns measure_polarity(const torch::Tensor& grey);

/// One polarity for a set of images: the sign of the median of those that say something; relief where that is
/// near 0, and that of nearly all images too. Bright where none says anything.
Polarity common_polarity(const std::vector<PolaritySigns>& images);

}  // namespace priorseg
