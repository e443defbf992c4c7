#pragma once

#include <torch/types.h>

#include "priorseg/maskrcnn/roi_align.h"

namespace priorseg {

/// The same as roi_align, composed of LibTorch's functions: for devices other than the CPU. Differentiable in
/// `features`.
///
/// @param features  on any device. @param regions, image_of_region  are brought to that device.
/// @throws Error where options.samples is 0: regions would differ in their number of samples.
torch::Tensor roi_align_portable(const torch::Tensor& features, const torch::Tensor& regions,
                                 const torch::Tensor& image_of_region, const RoiAlignOptions& options);

}  // namespace priorseg
