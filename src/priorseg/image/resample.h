#pragma once

#include <torch/types.h>

#include <array>

namespace priorseg {

/// Resizes one grey image: area averaging where it shrinks (so that noise falls as with binning), bilinear
/// where it grows.
///
/// @param grey  [H,W] float32.
/// @param size  {height, width} of the result, >= 1.
torch::Tensor resize_image(const torch::Tensor& grey, std::array<int64_t, 2> size);

/// Pads a grey image by mirroring at its edges, any amount: an object cut by the border becomes a whole one.
///
/// @param grey  [H,W] float32, not empty.
/// @return      [H + top + bottom, W + left + right].
torch::Tensor pad_mirrored(const torch::Tensor& grey, int64_t top, int64_t bottom, int64_t left,
                           int64_t right);

}  // namespace priorseg
