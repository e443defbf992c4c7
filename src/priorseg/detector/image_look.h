#pragma once

#include "priorseg/detector/image_scale.h"
#include "priorseg/detector/options.h"
#include "priorseg/image/image_source.h"

namespace priorseg {

/// What can be told of an image before anything is learned, from its middle as the networks will see it.
struct ImageLook {
  double standing_out = 0;  ///< share of it that could be objects, by brightness alone
  double compact = 0;       ///< share of that in parts with the shape of one object, at whichever of several
                            ///< levels most of it is
  double size = 0;          ///< median by area of those parts, sqrt(height * width) of their boxes, px of the
                            ///< image; 0 = none
  double sharpness = 0;     ///< of their edges, edge_sharpness(); 0 = none
  torch::Tensor parts;      ///< [H,W] int32, those parts in the image; 0 outside of them and of the middle
};

/// @param scale  at which the image is looked at, the coarsest of levels_of_image().
ImageLook look_at_image(const Image& image, const DetectorOptions& options, const NetworkScale& scale);

}  // namespace priorseg
