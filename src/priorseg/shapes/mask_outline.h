#pragma once

#include <torch/types.h>

#include "priorseg/shapes/outline.h"

namespace priorseg {

/// The outer border of a mask along the edges of its pixels (not their centres), with the staircase smoothed
/// away. Holes are filled.
///
/// @param mask  [h,w] uint8, one part connected over pixel sides; not empty.
/// @return      in pixels of the mask.
/// @throws Error if the mask has no set pixel.
Outline mask_outline(const torch::Tensor& mask);

}  // namespace priorseg
