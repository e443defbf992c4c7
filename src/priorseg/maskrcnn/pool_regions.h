#pragma once

#include <torch/types.h>

#include <vector>

namespace priorseg {

/// RoIAlign from the level of the pyramid whose scale fits the size of each region: a region of 224 px is
/// read at stride 16 (Lin et al. 2017, equation 1). Differentiable in `features`.
///
/// @param features  four levels or more, strides 4, 8, 16, 32; further ones are not used. Any device.
/// @param regions   [N,4] corners an image, px, on the CPU.
/// @param side      cells of the result a side.
/// @param aligned   see RoiAlignOptions.
/// @return          [N,C,side,side], images one after the other, on the device of `features`
torch::Tensor pool_regions(const std::vector<torch::Tensor>& features,
                           const std::vector<torch::Tensor>& regions, int64_t side, bool aligned);

/// [N] int64: the image of each region where those of all images follow one another.
torch::Tensor image_of_regions(const std::vector<torch::Tensor>& regions);

}  // namespace priorseg
