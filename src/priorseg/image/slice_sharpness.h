#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

/// How sharp a picture is: the sum of squared differences of pixels two apart (Brenner 1976), along rows and
/// columns, of means of 2 x 2 pixels, so that noise counts less than edges. It grows with the number of rows;
/// the sum over bands of a picture orders its slices as that over the whole would.
///
/// @param pixels  [C,H,W] float32; what is not a number counts as 0.
double slice_sharpness(const torch::Tensor& pixels);

}  // namespace priorseg
