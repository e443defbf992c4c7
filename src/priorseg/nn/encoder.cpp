#include "priorseg/nn/encoder.h"

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/nn/convolution.h"

namespace priorseg {

void EncoderOptions::validate() const {
  if (kind != "pooled" && kind != "strided") {
    throw Error("encoder.kind is '" + kind + "', expected 'pooled' or 'strided'");
  }
  if (channels.empty() || channels.size() > 5) {
    throw Error("encoder.channels has " + std::to_string(channels.size()) + " entries, expected 1 to 5");
  }
  for (const int64_t c : channels) {
    if (c < 1 || c > 1024)
      throw Error("encoder.channels holds " + std::to_string(c) + ", expected 1 to 1024");
  }
}

torch::Tensor LatentDistribution::sample(at::Generator& generator) const {
  const auto noise = torch::randn(mean.sizes(), generator, torch::dtype(mean.scalar_type()));
  return mean + torch::exp(0.5 * log_variance) * noise.to(mean.device());
}

torch::Tensor LatentDistribution::divergence() const {
  return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1);
}

EncoderImpl::EncoderImpl(const EncoderOptions& options, int64_t patch_size, int64_t latent_size) {
  options.validate();
  int64_t in = 1;
  int64_t side = patch_size;
  for (const int64_t out : options.channels) {
    if (side % 2 != 0)
      throw Error("a patch of " + std::to_string(patch_size) +
                  " px cannot be halved by every stage of the encoder");
    if (options.kind == "pooled") {
      append_convolution(stages_, in, out);
      append_convolution(stages_, out, out);
      stages_->push_back(torch::nn::MaxPool2d(2));
    } else {
      append_convolution(stages_, in, out, 2);
    }
    in = out;
    side /= 2;
  }
  register_module("stages", stages_);
  head_ = register_module("head", torch::nn::Linear(in * side * side, 2 * latent_size));
}

LatentDistribution EncoderImpl::forward(const torch::Tensor& patches) {
  check_shape(patches, {std::nullopt, 1, std::nullopt, std::nullopt}, "patches");
  const auto features = run_layers(stages_, channels_innermost(patches));
  const auto halves = head_->forward(features.contiguous().flatten(1)).chunk(2, 1);
  return {halves[0], halves[1].clamp(-10, 10)};
}

}  // namespace priorseg
