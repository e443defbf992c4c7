#pragma once

#include <torch/types.h>

#include "priorseg/detector/options.h"
#include "priorseg/image/intensity.h"

namespace priorseg {

/// An image as the networks see it: rescaled, mapped to [0,1], padded by mirroring.
struct NetworkImage {
  torch::Tensor mapped;       ///< [h,w] float32 in [0,1]; h and w are multiples of the grid cell
  torch::Tensor signal;       ///< [h,w] float32: grey value above background in noise sigmas
  double gradient_scale = 1;  ///< Sobel magnitude that is full scale in the gradient map
  int64_t padding = 0;  ///< px added at the top and on the left (at least as many at the bottom and right)
  double x_scale = 1;   ///< network px per image px
  double y_scale = 1;
};

/// Step "normalise and gradient map" of the data flow.
///
/// @param pixels   [C,H,W] float32, C = 1 or 3, values of the file.
/// @param quantum  smallest step of the grey values, 1 for integers, 0 for floating point.
NetworkImage prepare_image(const torch::Tensor& pixels, double quantum, const DetectorOptions& options,
                           const NetworkScale& scale);

}  // namespace priorseg
