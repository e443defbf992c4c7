#include "priorseg/nn/convolution.h"

#include <variant>

#include "priorseg/nn/pool_loops.h"

namespace priorseg {
namespace {

/// The convolution and the batch norm behind it as one convolution (evaluation mode: a fixed affine map a
/// channel).
torch::Tensor convolve_folded(const torch::nn::Conv2dImpl& convolution,
                              const torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& features) {
  const auto scale = norm.weight * torch::rsqrt(norm.running_var + norm.options.eps());
  const auto weight = convolution.weight * scale.view({-1, 1, 1, 1});
  const auto bias = norm.bias - norm.running_mean * scale;
  const auto& options = convolution.options;
  const auto type = features.scalar_type();
  using std::get;  // the variant is the standard's from LibTorch 2.1 on, before it was LibTorch's own
  return torch::conv2d(features, weight.to(type), bias.to(type), options.stride(),
                       get<torch::ExpandingArray<2>>(options.padding()));
}

/// ReLU and 2x2 pooling in one pass, of [N,C,H,W] channels-last features on the CPU. LibTorch's own pooling
/// also finds out where each maximum was, which only a derivative needs.
torch::Tensor relu_and_pool(const torch::Tensor& features) {
  const PoolSizes sizes{features.size(0), features.size(1), features.size(2), features.size(3)};
  const auto result = torch::empty({sizes.images, sizes.channels, sizes.height / 2, sizes.width / 2},
                                   features.options().memory_format(torch::MemoryFormat::ChannelsLast));
  if (features.scalar_type() == torch::kFloat32) {
    relu_and_pool(sizes, static_cast<const int32_t*>(features.data_ptr()),
                  static_cast<int32_t*>(result.data_ptr()));
  } else {
    relu_and_pool(sizes, static_cast<const int16_t*>(features.data_ptr()),
                  static_cast<int16_t*>(result.data_ptr()));
  }
  return result;
}

bool is_relu_and_pool(torch::nn::Sequential& layers, size_t first, const torch::Tensor& features) {
  if (first + 1 >= layers->size() || !layers[first]->as<torch::nn::ReLU>()) return false;
  const auto* pool = layers[first + 1]->as<torch::nn::MaxPool2d>();
  const auto type = features.scalar_type();
  return pool && *pool->options.kernel_size() == *torch::ExpandingArray<2>(2) &&
         *pool->options.stride() == *torch::ExpandingArray<2>(2) && features.device().is_cpu() &&
         (type == torch::kFloat32 || type == torch::kBFloat16) &&
         features.is_contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace

void append_convolution(torch::nn::Sequential& layers, int64_t in_channels, int64_t out_channels,
                        int64_t stride) {
  // No bias: the batch norm that follows has one.
  layers->push_back(torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in_channels, out_channels, 3).padding(1).stride(stride).bias(false)));
  layers->push_back(torch::nn::BatchNorm2d(out_channels));
  layers->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
}

torch::Tensor channels_innermost(const torch::Tensor& features) {
  if (features.size(1) != 1) return features.contiguous(torch::MemoryFormat::ChannelsLast);
  return features.contiguous()
      .view({features.size(0), features.size(2), features.size(3), 1})
      .permute({0, 3, 1, 2});
}

torch::Tensor run_layers(torch::nn::Sequential& layers, const torch::Tensor& features) {
  if (layers->is_training() || torch::GradMode::is_enabled()) return layers->forward(features);
  auto result = features;
  for (size_t i = 0; i < layers->size(); ++i) {
    const auto* convolution = layers[i]->as<torch::nn::Conv2d>();
    const auto* norm =
        convolution && i + 1 < layers->size() ? layers[i + 1]->as<torch::nn::BatchNorm2d>() : nullptr;
    if (norm) {
      result = convolve_folded(*convolution, *norm, result);
      ++i;
    } else if (is_relu_and_pool(layers, i, result)) {
      result = relu_and_pool(result);
      ++i;
    } else {
      result = (layers->begin() + static_cast<std::ptrdiff_t>(i))->forward(result);
    }
  }
  return result;
}

}  // namespace priorseg
