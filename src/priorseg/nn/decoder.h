#pragma once

#include <torch/nn.h>
#include <torch/types.h>

#include <string>
#include <vector>

namespace priorseg {

struct DecoderOptions {
  /// "convolution": 2 convolutions and a bilinear upsampling a stage (the paper's 6 convolutions, 3
  /// upsamplings); "dense": fully connected layers, a small share of the work; a shape has few degrees of
  /// freedom.
  std::string kind = "dense";
  std::vector<int64_t> channels = {
      128, 256};  ///< convolution: channels of each stage; dense: hidden units of each layer

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("kind", kind, "'convolution' (the paper's) or 'dense' (fully connected, faster)");
    v("channels", channels, "channels of each stage, or hidden units of each dense layer");
  }
};

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
