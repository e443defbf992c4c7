#pragma once

#include <torch/nn.h>

namespace priorseg {

/// Appends a 3x3 convolution (zero padding, given stride), batch norm and ReLU: the block that all networks
/// are made of.
void append_convolution(torch::nn::Sequential& layers, int64_t in_channels, int64_t out_channels,
                        int64_t stride = 1);

}  // namespace priorseg
