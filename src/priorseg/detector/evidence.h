#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

/// How far each object stands out: mean signal inside the mask minus the lower quartile of the signal around
/// it in its box, in the unit of the signal.
///
/// @param signal_patches  [N,1,S,S] float32 on the CPU: the signal in the frame of each box.
/// @param masks           [N,1,S,S] float32 on the CPU, in [0,1].
/// @return                [N] float32.
torch::Tensor contrast_of(const torch::Tensor& signal_patches, const torch::Tensor& masks);

/// How well each outline follows the image: the mean over the outline of the cosine between the gradient of
/// the mask and that of the image, weighted by the mask's gradient. 1 where the image falls off across the
/// whole outline, about 0 where the outline lies anywhere, -1 for dark objects. Gradients of the image below
/// some hundredths count for less, so that noise gives about 0.
///
/// @param patches  [N,1,S,S] float32 on the CPU: the mapped image, in [0,1], in the frame of each box.
/// @param masks    [N,1,S,S] float32 on the CPU, in [0,1].
/// @param boxes    [N,4] float32 on the CPU: (cx, cy, height, width).
/// @return         [N] float32 in [-1,1]; 0 for a mask without an outline.
torch::Tensor alignment_of(const torch::Tensor& patches, const torch::Tensor& masks,
                           const torch::Tensor& boxes);

}  // namespace priorseg
