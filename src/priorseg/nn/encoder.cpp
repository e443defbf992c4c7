#include "priorseg/nn/encoder.h"

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/nn/convolution.h"

namespace priorseg {

torch::Tensor LatentDistribution::sample(at::Generator& generator) const {
  const auto noise = torch::randn(mean.sizes(), generator, torch::dtype(mean.scalar_type()));
  return mean + torch::exp(0.5 * log_variance) * noise.to(mean.device());
}

torch::Tensor LatentDistribution::divergence() const {
  return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1);
}

EncoderImpl::EncoderImpl(const EncoderOptions& options, int64_t patch_size, int64_t latent_size) {
  check_options(options, "encoder.");
  int64_t in = 1;
  int64_t side = patch_size;
  for (const int64_t out : options.channels) {
    if (side % 2 != 0)
      throw Error("a patch of " + std::to_string(patch_size) +
                  " px cannot be halved by every stage of the encoder");
    if (options.kind == EncoderKind::kPooled) {
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
