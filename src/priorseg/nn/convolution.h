#pragma once

#include <torch/nn.h>

namespace priorseg {

/// Appends a 3x3 convolution (zero padding, given stride), batch norm and ReLU: the block that all networks
/// are made of.
void append_convolution(torch::nn::Sequential& layers, int64_t in_channels, int64_t out_channels,
                        int64_t stride = 1);

/// The same features with the channels innermost in memory, in which the convolutions run several times
/// faster on a CPU at the channel counts used here. LibTorch's own conversion leaves features of one channel
/// as they are, because both orders look alike there, and all layers behind them would then keep the other
/// order. Differentiable.
///
/// @param features  [N,C,H,W]
torch::Tensor channels_innermost(const torch::Tensor& features);

/// Runs layers that end in one tensor. Where no derivative is asked for and the layers are in evaluation
/// mode, each batch norm is folded into the weights of the convolution before it: one pass over the feature
/// maps less, the same result up to rounding. Such a pair
/// computes in the type of `features`, whatever the type of its weights.
///
/// @param features  [N,C,H,W]; its memory format is kept.
torch::Tensor run_layers(torch::nn::Sequential& layers, const torch::Tensor& features);

}  // namespace priorseg
