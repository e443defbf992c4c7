#pragma once

#include <torch/nn.h>

namespace priorseg {

/// A convolution and ReLU. The convolution is called "0" in it, because torchvision's names have that level.
class ConvReluImpl : public torch::nn::Module {
 public:
  explicit ConvReluImpl(torch::nn::Conv2d convolution)
      : convolution_(register_module("0", std::move(convolution))) {}
  /// @param features  [N,C,H,W]
  torch::Tensor forward(const torch::Tensor& features) { return convolution_(features).relu(); }

 private:
  torch::nn::Conv2d convolution_;
};
TORCH_MODULE(ConvRelu);

}  // namespace priorseg
