#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

/// The objects of one training image.
struct TrueObjects {
  torch::Tensor corners;  ///< [G,4] float32, px of the image
  torch::Tensor masks;    ///< [G,H,W] float32, 0 or 1
};

}  // namespace priorseg
