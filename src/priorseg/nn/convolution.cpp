#include "priorseg/nn/convolution.h"

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
  return torch::conv2d(features, weight, bias, options.stride(),
                       c10::get<torch::ExpandingArray<2>>(options.padding()));
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

torch::Tensor run_layers(torch::nn::Sequential& layers, const torch::Tensor& features) {
  if (layers->is_training() || torch::GradMode::is_enabled()) return layers->forward(features);
  auto result = features;
  for (auto layer = layers->begin(); layer != layers->end(); ++layer) {
    const auto* convolution = layer->ptr()->as<torch::nn::Conv2d>();
    const auto next = layer + 1;
    const auto* norm =
        convolution && next != layers->end() ? next->ptr()->as<torch::nn::BatchNorm2d>() : nullptr;
    if (norm) {
      result = convolve_folded(*convolution, *norm, result);
      layer = next;
    } else {
      result = layer->forward(result);
    }
  }
  return result;
}

}  // namespace priorseg
