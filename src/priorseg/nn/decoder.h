#pragma once

#include <torch/nn.h>
#include <torch/types.h>

#include "priorseg/nn/network_options.h"

namespace priorseg {

/// Draws the mask that belongs to a shape latent. Frozen after the prior is trained.
class DecoderImpl : public torch::nn::Module {
 public:
  DecoderImpl(const DecoderOptions& options, int64_t patch_size, int64_t latent_size);

  /// @param latents  [N,L] float32.
  /// @return         [N,1,S,S] logits: sigmoid gives the mask in [0,1].
  torch::Tensor forward(const torch::Tensor& latents);

 private:
  int64_t patch_size_;
  int64_t first_side_ = 0;  ///< side of the first feature map of the convolutional kind
  torch::nn::Sequential layers_;
  torch::nn::Linear entrance_{nullptr};
};
TORCH_MODULE(Decoder);

}  // namespace priorseg
