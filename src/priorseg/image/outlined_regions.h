#pragma once

#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

struct OutlinedRegion {
  double size = 0;    ///< sqrt(height * width) of the tight bounding box, px
  double weight = 0;  ///< area in px times sharpness
  double level = 0;   ///< grey value at which it was cut: brighter than its surroundings, darker than itself
};

/// Parts of an image that its edges outline as they would outline one bright object, of any size: unlike
/// compact_regions() above a level of a mapped image they need neither a background nor a guess of the size.
///
/// The image is cut at many levels. A part above a level, its holes filled, that keeps off the border, is at
/// most half as high and wide as the image (its shorter side), and fills the ellipse of its second moments as
/// one object does may be an object; how sharp it is says the lower quintile of the gradients along its
/// outline. Of parts that lie in each other those are taken whose area times sharpness is largest in sum:
/// particles and not the crowd, whose outline is no ellipse; the particle and not the bright cap on it, whose
/// outline is faint on one side.
///
/// @param grey  [H,W] float32, bright objects; NaN where there is no picture: it counts as darkest.
/// @return      regions that share no pixel. Sharpness is 1 for the sharpest edges of the image and less for
///              faint ones.
std::vector<OutlinedRegion> outlined_regions(const torch::Tensor& grey);

}  // namespace priorseg
