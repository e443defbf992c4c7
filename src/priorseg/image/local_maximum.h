#pragma once

#include "priorseg/core/tensor.h"
#include "priorseg/image/resample.h"

namespace priorseg {

/// The brightest value within `radius` of every pixel, smoothed.
/// @param values  [H,W] float32, contiguous, not empty.
/// @param radius  px, > 0.
/// @return        [H,W] float32.
torch::Tensor local_maximum(const torch::Tensor& values, double radius);

/// The same of a part of an image: but for rounding that of the whole image where no edge of the part, other
/// than those of the image, is near, and there the same to the bit whatever the part.
/// @param values  [h,w] float32, contiguous, of the part.
/// @param height, width  of the image, px.
/// @param top, left      first row and column of the part.
torch::Tensor local_maximum_of_part(const torch::Tensor& values, double radius, int64_t height, int64_t width,
                                    int64_t top, int64_t left);

}  // namespace priorseg
