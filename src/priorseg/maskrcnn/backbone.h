#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "priorseg/maskrcnn/network_options.h"

namespace priorseg {

/// Batch norm over [N,C,H,W]. Frozen, it uses its stored statistics in training too, and its weights do not
/// learn.
class ChannelNormImpl : public torch::nn::Module {
 public:
  ChannelNormImpl(int64_t channels, const BackboneOptions& options);
  torch::Tensor forward(const torch::Tensor& features);

 private:
  bool frozen_;
  double epsilon_;
  torch::Tensor weight_, bias_, mean_, variance_;
};
TORCH_MODULE(ChannelNorm);

/// ResNet (He et al. 2015), the stride of a stage in its 3x3 convolution. Modules bear torchvision's names.
class ResNetImpl : public torch::nn::Module {
 public:
  explicit ResNetImpl(const BackboneOptions& options);
  void draw_weights(at::Generator& generator);

  /// @param images  [B,3,H,W] float32, normalised.
  /// @return        outputs of the four stages, strides 4, 8, 16 and 32.
  std::vector<torch::Tensor> forward(const torch::Tensor& images);

  /// Channels of the four outputs.
  const std::vector<int64_t>& channels() const { return channels_; }

 private:
  std::vector<int64_t> channels_;
  torch::nn::Conv2d conv1_{nullptr};
  ChannelNorm bn1_{nullptr};
  std::vector<torch::nn::Sequential> stages_;
};
TORCH_MODULE(ResNet);

/// Feature pyramid (Lin et al. 2017) with a fifth level that is the fourth at every second pixel.
class FeaturePyramidImpl : public torch::nn::Module {
 public:
  FeaturePyramidImpl(const std::vector<int64_t>& in_channels, int64_t out_channels);
  void draw_weights(at::Generator& generator);
  /// @return  five maps of `out_channels`, finest first.
  std::vector<torch::Tensor> forward(const std::vector<torch::Tensor>& features);

 private:
  torch::nn::ModuleList inner_, layers_;
};
TORCH_MODULE(FeaturePyramid);

/// ResNet with feature pyramid.
class BackboneImpl : public torch::nn::Module {
 public:
  explicit BackboneImpl(const BackboneOptions& options);
  void draw_weights(at::Generator& generator);
  /// @param images  [B,3,H,W] float32, normalised; H and W multiples of 32.
  /// @return        five maps [B,C,h,w] float32, finest first: strides 4 to 64.
  std::vector<torch::Tensor> forward(const torch::Tensor& images);

  ResNet& body() { return body_; }

 private:
  ResNet body_{nullptr};
  FeaturePyramid fpn_{nullptr};
};
TORCH_MODULE(Backbone);

}  // namespace priorseg
