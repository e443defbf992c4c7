#include "priorseg/maskrcnn/backbone.h"

#include <torch/torch.h>

#include "priorseg/core/options.h"
#include "priorseg/nn/initial_weights.h"

namespace priorseg {
namespace {

namespace nn = torch::nn;

nn::Conv2d convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

/// A residual block: convolutions with batch norm, and the input added to what they give.
class BlockImpl : public nn::Module {
 public:
  /// @param bottleneck  1x1, 3x3, 1x1 with four times the width at the end; otherwise 3x3, 3x3.
  BlockImpl(int64_t in, int64_t width, int64_t stride, bool bottleneck, const BackboneOptions& options) {
    const int64_t out = bottleneck ? 4 * width : width;
    if (bottleneck) {
      add(convolution(in, width, 1), width, options);
      add(convolution(width, width, 3, stride), width, options);
      add(convolution(width, out, 1), out, options);
    } else {
      add(convolution(in, width, 3, stride), width, options);
      add(convolution(width, width, 3), width, options);
    }
    if (stride == 1 && in == out) return;
    downsample_ = nn::Sequential(convolution(in, out, 1, stride), ChannelNorm(out, options));
    register_module("downsample", downsample_);
  }

  torch::Tensor forward(const torch::Tensor& input) {
    auto features = input;
    for (size_t i = 0; i < convolutions_.size(); ++i) {
      if (i > 0) features = features.relu();
      features = norms_[i](convolutions_[i](features));
    }
    return torch::relu(features + (downsample_.is_empty() ? input : downsample_->forward(input)));
  }

 private:
  void add(nn::Conv2d layer, int64_t channels, const BackboneOptions& options) {
    const std::string number = std::to_string(convolutions_.size() + 1);
    convolutions_.push_back(register_module("conv" + number, layer));
    norms_.push_back(register_module("bn" + number, ChannelNorm(channels, options)));
  }

  std::vector<nn::Conv2d> convolutions_;
  std::vector<ChannelNorm> norms_;
  nn::Sequential downsample_{nullptr};
};
TORCH_MODULE(Block);

}  // namespace

ChannelNormImpl::ChannelNormImpl(int64_t channels, const BackboneOptions& options)
    : frozen_(options.frozen_norm), epsilon_(options.norm_epsilon) {
  weight_ = register_parameter("weight", torch::ones({channels}), !frozen_);
  bias_ = register_parameter("bias", torch::zeros({channels}), !frozen_);
  mean_ = register_buffer("running_mean", torch::zeros({channels}));
  variance_ = register_buffer("running_var", torch::ones({channels}));
}

torch::Tensor ChannelNormImpl::forward(const torch::Tensor& features) {
  if (frozen_) {
    const auto scale = weight_ * (variance_ + epsilon_).rsqrt();
    const auto shift = bias_ - mean_ * scale;
    const auto type = features.scalar_type();
    return features * scale.view({1, -1, 1, 1}).to(type) + shift.view({1, -1, 1, 1}).to(type);
  }
  constexpr double kNewShare = 0.1;  // of the running statistics
  return torch::batch_norm(features, weight_, bias_, mean_, variance_, is_training(), kNewShare, epsilon_,
                           /*cudnn_enabled=*/true);
}

ResNetImpl::ResNetImpl(const BackboneOptions& options) {
  const bool bottleneck = options.kind == BackboneKind::kResNet50;
  const std::vector<int64_t> depths =
      bottleneck ? std::vector<int64_t>{3, 4, 6, 3} : std::vector<int64_t>{2, 2, 2, 2};
  conv1_ = register_module("conv1", convolution(3, 64, 7, 2));
  bn1_ = register_module("bn1", ChannelNorm(64, options));
  int64_t in = 64, width = 64;
  for (size_t stage = 0; stage < depths.size(); ++stage, width *= 2) {
    nn::Sequential blocks;
    for (int64_t i = 0; i < depths[stage]; ++i) {
      blocks->push_back(Block(in, width, i == 0 && stage > 0 ? 2 : 1, bottleneck, options));
      in = bottleneck ? 4 * width : width;
    }
    channels_.push_back(in);
    stages_.push_back(register_module("layer" + std::to_string(stage + 1), blocks));
  }
}

void ResNetImpl::draw_weights(at::Generator& generator) {
  for (const auto& module : modules()) {
    auto* layer = module->as<nn::Conv2d>();
    if (!layer) continue;
    draw_default_weights(*layer, generator);
    draw_normal_by_outputs(layer->weight, generator);
  }
}

std::vector<torch::Tensor> ResNetImpl::forward(const torch::Tensor& images) {
  auto features = torch::max_pool2d(torch::relu(bn1_(conv1_(images))), 3, 2, 1);
  std::vector<torch::Tensor> outputs;
  for (auto& stage : stages_) {
    features = stage->forward(features);
    outputs.push_back(features);
  }
  return outputs;
}

FeaturePyramidImpl::FeaturePyramidImpl(const std::vector<int64_t>& in_channels, int64_t out_channels) {
  const auto add = [](nn::ModuleList& list, int64_t in, int64_t out, int64_t kernel) {
    nn::Conv2d layer(nn::Conv2dOptions(in, out, kernel).padding(kernel / 2));
    list->push_back(nn::Sequential(layer));
  };
  for (const int64_t in : in_channels) {
    add(inner_, in, out_channels, 1);
    add(layers_, out_channels, out_channels, 3);
  }
  register_module("inner_blocks", inner_);
  register_module("layer_blocks", layers_);
}

void FeaturePyramidImpl::draw_weights(at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  for (size_t level = 0; level < inner_->size(); ++level) {
    for (auto* list : {&inner_, &layers_}) {
      auto* layer = (*list)[level]->as<nn::Sequential>()->ptr(0)->as<nn::Conv2d>();
      draw_default_weights(*layer, generator);
      draw_uniform_by_inputs(layer->weight, generator);
      layer->bias.zero_();
    }
  }
}

std::vector<torch::Tensor> FeaturePyramidImpl::forward(const std::vector<torch::Tensor>& features) {
  const auto apply = [](nn::ModuleList& list, size_t level, const torch::Tensor& input) {
    return list[level]->as<nn::Sequential>()->forward(input);
  };
  std::vector<torch::Tensor> maps(features.size());
  torch::Tensor coarser;
  for (size_t level = features.size(); level-- > 0;) {
    auto map = apply(inner_, level, features[level]);
    if (coarser.defined()) map = map + torch::upsample_nearest2d(coarser, {map.size(2), map.size(3)});
    maps[level] = apply(layers_, level, map);
    coarser = map;
  }
  maps.push_back(torch::max_pool2d(maps.back(), 1, 2));
  return maps;
}

BackboneImpl::BackboneImpl(const BackboneOptions& options) {
  check_options(options, "backbone.");
  body_ = register_module("body", ResNet(options));
  fpn_ = register_module("fpn", FeaturePyramid(body_->channels(), options.pyramid_channels));
}

void BackboneImpl::draw_weights(at::Generator& generator) {
  body_->draw_weights(generator);
  fpn_->draw_weights(generator);
}

std::vector<torch::Tensor> BackboneImpl::forward(const torch::Tensor& images) {
  auto maps = fpn_(body_(images));
  for (auto& map : maps) map = map.to(images.scalar_type());
  return maps;
}

}  // namespace priorseg
