#pragma once

#include <torch/types.h>

#include <array>
#include <vector>

#include "priorseg/maskrcnn/network_options.h"

namespace priorseg {

/// Anchors of every place of every feature map, centred on its upper left corner, corners rounded to whole
/// px as in torchvision.
///
/// @param feature_sizes  {height, width} of one feature map a level.
/// @param image_size     {height, width} of the padded images, px.
/// @return               [H W R,4] corners a level: row by row, ratios innermost.
std::vector<torch::Tensor> make_anchors(const AnchorOptions& options,
                                        const std::vector<std::array<int64_t, 2>>& feature_sizes,
                                        std::array<int64_t, 2> image_size);

/// Anchors that fit objects of `smallest` to `largest` network px: sides in equal steps of their logarithm,
/// at most an octave each, from the finest level on; ratios likewise within 1 / max_ratio to max_ratio.
AnchorOptions anchors_for(double smallest, double largest, double max_ratio);

}  // namespace priorseg
