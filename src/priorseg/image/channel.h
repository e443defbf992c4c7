#pragma once

#include "priorseg/core/tensor.h"
#include "priorseg/image/intensity_options.h"

namespace priorseg {

/// One value a pixel of 1 or 3 channels.
///
/// Stains follow the law of Lambert and Beer: what a pixel absorbs, -log10 of its red, green and blue, is the
/// sum of what its stains absorb, and how much of each there is follows from their colours (Ruifrok and
/// Johnston 2001, whose vectors of hematoxylin, eosin and DAB are used). The value is a concentration up to a
/// constant: high where there is much of the stain.
///
/// @param pixels   [C,H,W] float32, C 1 or 3. What is below the smallest step of the file absorbs like it.
/// @param quantum  smallest step of the file's grey values, 0 for floating point (then 0.001 is the least).
/// @return         [H,W]: NaN and infinite values stay.
/// @throws Error where a colour is asked for and the image has one channel.
torch::Tensor grey_from_pixels(const torch::Tensor& pixels, ImageChannel channel, double quantum);

/// True where the channels of an image differ by more than a tint.
/// @param pixels  [C,H,W] float32.
bool is_coloured(const torch::Tensor& pixels);

}  // namespace priorseg
