#include "priorseg/nn/decoder.h"

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/nn/convolution.h"

namespace priorseg {

DecoderImpl::DecoderImpl(const DecoderOptions& options, int64_t patch_size, int64_t latent_size)
    : patch_size_(patch_size) {
  check_options(options, "decoder.");
  if (options.kind == DecoderKind::kDense) {
    int64_t in = latent_size;
    for (const int64_t out : options.channels) {
      layers_->push_back(torch::nn::Linear(in, out));
      layers_->push_back(torch::nn::SiLU());  // smooth: the detector descends through it
      in = out;
    }
    layers_->push_back(torch::nn::Linear(in, patch_size * patch_size));
  } else {
    first_side_ = patch_size >> options.channels.size();
    if (first_side_ << options.channels.size() != patch_size) {
      throw Error("a patch of " + std::to_string(patch_size) +
                  " px cannot be halved by every stage of the decoder");
    }
    int64_t in = options.channels.front();
    entrance_ = register_module("entrance", torch::nn::Linear(latent_size, in * first_side_ * first_side_));
    for (size_t stage = 0; stage < options.channels.size(); ++stage) {
      const int64_t out = options.channels[stage];
      const bool last = stage + 1 == options.channels.size();
      layers_->push_back(torch::nn::Upsample(torch::nn::UpsampleOptions()
                                                 .scale_factor(std::vector<double>{2, 2})
                                                 .mode(torch::kBilinear)
                                                 .align_corners(false)));
      append_convolution(layers_, in, out);
      if (last) {
        layers_->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(out, 1, 3).padding(1)));
      } else {
        append_convolution(layers_, out, out);
      }
      in = out;
    }
  }
  register_module("layers", layers_);
}

torch::Tensor DecoderImpl::forward(const torch::Tensor& latents) {
  check_shape(latents, {std::nullopt, std::nullopt}, "latents");
  if (entrance_.is_empty()) return layers_->forward(latents).view({-1, 1, patch_size_, patch_size_});
  const int64_t channels = entrance_->options.out_features() / (first_side_ * first_side_);
  const auto seed = torch::relu(entrance_->forward(latents)).view({-1, channels, first_side_, first_side_});
  return layers_->forward(seed.contiguous(torch::MemoryFormat::ChannelsLast));
}

}  // namespace priorseg
