#pragma once

#include <array>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// Puts patches back into their images: the inverse of crop, overlapping patches are added (paper, section
/// "stitch").
///
/// Pixel (x, y) of image b receives, from every box of that image, the bilinear interpolation of the patch at
/// u = ((x + 0.5 - cx) / width + 0.5) * S - 0.5 and v likewise, where entries outside the patch count as zero
/// (as grid_sample with zero padding, align_corners=false). Differentiable in `patches` and all four box
/// parameters.
///
/// A box with a number that is not finite or a side <= 0 adds nothing and has no derivative.
///
/// Chooses the CPU kernel for float32 and float64 on the CPU, the portable form elsewhere.
///
/// @param patches       [N,C,S,S] float, any device.
/// @param boxes         [N,4] (cx, cy, height, width) in pixels of the images, height and width > 0; may
/// reach over the
///                      border: what falls outside is dropped.
/// @param image_of_box  [N] int64, which of the `num_images` images each box belongs to.
/// @param image_size    {H, W} of the result.
/// @return              [num_images,C,H,W], dtype and device of `patches`.
/// @throws Error on a shape or dtype mismatch.
torch::Tensor stitch(const torch::Tensor& patches, const torch::Tensor& boxes,
                     const torch::Tensor& image_of_box, int64_t num_images,
                     std::array<int64_t, 2> image_size);

/// The same from stock torch operators: runs on any device, serves as the oracle of the kernel's tests.
torch::Tensor stitch_portable(const torch::Tensor& patches, const torch::Tensor& boxes,
                              const torch::Tensor& image_of_box, int64_t num_images,
                              std::array<int64_t, 2> image_size);

/// The same by the CPU kernel: work grows with the area of the boxes. CPU tensors, float32 or float64; no
/// second derivative.
torch::Tensor stitch_kernel(const torch::Tensor& patches, const torch::Tensor& boxes,
                            const torch::Tensor& image_of_box, int64_t num_images,
                            std::array<int64_t, 2> image_size);

}  // namespace priorseg
