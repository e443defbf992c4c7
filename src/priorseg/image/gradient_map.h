#pragma once

#include "priorseg/core/tensor.h"
#include "priorseg/image/gradient_options.h"

namespace priorseg {

/// The magnitude that becomes 1 in the gradient map of an image.
/// @param magnitude  Sobel magnitude of the whole mapped image, any shape, float32.
double gradient_full_scale(const torch::Tensor& magnitude, const GradientOptions& options);

}  // namespace priorseg
