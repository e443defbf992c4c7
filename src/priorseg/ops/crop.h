#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

/// Samples one square patch per box with bilinear interpolation (spatial transformer, Jaderberg et al. 2015).
///
/// Sample (i, j) of a patch reads the image at x = cx + ((j + 0.5) / size - 0.5) * width, y likewise with i
/// and height. Differentiable in `images` and `boxes`. Outside the image the border value is read (and there
/// the derivative with respect to the box is zero).
///
/// A box with a number that is not finite or a side <= 0 gives a patch of zeros without derivative.
///
/// Chooses the CPU kernel for float32 and float64 on the CPU, the portable form elsewhere.
///
/// @param images        [B,C,H,W] float, any device.
/// @param boxes         [N,4] (cx, cy, height, width) in pixels of `images`, height and width > 0; dtype of
/// `images`.
/// @param image_of_box  [N] int64, which of the B images each box reads.
/// @param size          patch side S, > 0.
/// @return              [N,C,S,S], dtype and device of `images`; empty if N == 0.
/// @throws Error on a shape or dtype mismatch.
torch::Tensor crop(const torch::Tensor& images, const torch::Tensor& boxes, const torch::Tensor& image_of_box,
                   int64_t size);

/// The same from stock torch operators: runs on any device, serves as the oracle of the kernel's tests.
torch::Tensor crop_portable(const torch::Tensor& images, const torch::Tensor& boxes,
                            const torch::Tensor& image_of_box, int64_t size);

/// The same by the CPU kernel: work grows with N * C * S * S. CPU tensors, float32 or float64; no second
/// derivative.
torch::Tensor crop_kernel(const torch::Tensor& images, const torch::Tensor& boxes,
                          const torch::Tensor& image_of_box, int64_t size);

}  // namespace priorseg
