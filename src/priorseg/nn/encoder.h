#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn.h>
#include <torch/types.h>

#include "priorseg/nn/network_options.h"

namespace priorseg {

/// A normal distribution over the shape latent of each patch.
struct LatentDistribution {
  torch::Tensor mean;          ///< [N,L]
  torch::Tensor log_variance;  ///< [N,L], clamped to [-10, 10]

  /// mean + sigma * noise, differentiable in both (reparameterisation; Kingma & Welling 2014).
  /// @param generator  on the processor (torch_generator): the noise is the same on every device.
  torch::Tensor sample(at::Generator& generator) const;
  /// KL(q || N(0,1)) in nats, summed over the latent: [N].
  torch::Tensor divergence() const;
};

/// Reads a patch (a mask when the prior is trained, an image patch in the detector), tells the latent of the
/// shape.
class EncoderImpl : public torch::nn::Module {
 public:
  EncoderImpl(const EncoderOptions& options, int64_t patch_size, int64_t latent_size);

  /// @param patches  [N,1,S,S] float32.
  LatentDistribution forward(const torch::Tensor& patches);

 private:
  torch::nn::Sequential stages_;
  torch::nn::Linear head_{nullptr};
};
TORCH_MODULE(Encoder);

}  // namespace priorseg
