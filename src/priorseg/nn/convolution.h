#pragma once

#include <torch/nn.h>

namespace priorseg {

/// Appends a 3x3 convolution (zero padding, given stride), batch norm and ReLU: the block that all networks
/// are made of.
void append_convolution(torch::nn::Sequential& layers, int64_t in_channels, int64_t out_channels,
                        int64_t stride = 1);

/// Runs layers that end in one tensor. Where no derivative is asked for and the layers are in evaluation
/// mode, each batch norm is folded into the weights of the convolution before it: one pass over the feature
/// maps less, the same result up to rounding.
///
/// @param features  [N,C,H,W]; its memory format is kept.
torch::Tensor run_layers(torch::nn::Sequential& layers, const torch::Tensor& features);

}  // namespace priorseg
