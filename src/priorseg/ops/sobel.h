#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

/// Sobel gradient magnitude sqrt(gx^2 + gy^2 + 1e-12) / 4, so that a unit step along an axis gives 1 on the
/// two pixels beside it. Border values are replicated. Differentiable in `maps` (the small constant keeps the
/// derivative finite where the map is flat).
///
/// Chooses the CPU kernel for float32 and float64 on the CPU, the portable form elsewhere.
///
/// @param maps  [N,C,H,W] float, any device.
/// @return      [N,C,H,W], dtype and device of `maps`, values >= 0.
/// @throws Error on a shape or dtype mismatch.
torch::Tensor sobel_magnitude(const torch::Tensor& maps);

/// The same from stock torch operators: the oracle of the kernel's tests.
torch::Tensor sobel_magnitude_portable(const torch::Tensor& maps);

/// The same by the CPU kernel, one pass forward and one backward. CPU tensors, float32 or float64; no
/// second derivative.
torch::Tensor sobel_magnitude_kernel(const torch::Tensor& maps);

}  // namespace priorseg
