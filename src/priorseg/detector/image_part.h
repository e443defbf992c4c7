#pragma once

#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/resample.h"

namespace priorseg {

/// Figures of a whole image: of each scale at which it is looked at its NetworkScale, float64 [6], and
/// TiledNetworkImage::figures().
using ImageFigures = std::vector<torch::Tensor>;

/// A part of a large image that is looked at by itself, by whichever process; one part may be all of it. It
/// is looked at in bands of its grid rows from top to bottom, and each band in tiles from left to right.
struct ImagePart {
  std::vector<RowRange>
      bands;       ///< grid rows of the coarsest scale, with a margin at each end inside the image
  RowRange owned;  ///< rows of the image: the objects of the part have their centres there
  RowRange given;  ///< rows of the image that its objects may have pixels in
  RowRange read;   ///< rows of the image that are read
};

}  // namespace priorseg
