#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn.h>
#include <torch/types.h>

#include <array>
#include <vector>

#include "priorseg/maskrcnn/anchors.h"
#include "priorseg/maskrcnn/corner_boxes.h"
#include "priorseg/maskrcnn/matching.h"
#include "priorseg/maskrcnn/network_options.h"
#include "priorseg/maskrcnn/true_objects.h"

namespace priorseg {

/// What the head tells of every anchor, anchors in the order of make_anchors, levels one after the other. On
/// the CPU, wherever the network is: what is done with boxes is little work in many small steps.
struct AnchorOutputs {
  torch::Tensor objectness;  ///< [B,A] logits
  torch::Tensor offsets;     ///< [B,A,4] box coding relative to the anchors
  std::vector<int64_t> anchors_of_level;
};

struct ProposalLosses {
  torch::Tensor objectness, box;  ///< scalars
};

/// Two linear maps a place behind a shared 3x3 convolution.
class ProposalHeadImpl : public torch::nn::Module {
 public:
  ProposalHeadImpl(int64_t channels, int64_t num_ratios);
  AnchorOutputs forward(const std::vector<torch::Tensor>& features);
  void draw_weights(at::Generator& generator);

 private:
  torch::nn::Sequential conv_;
  torch::nn::Conv2d cls_logits_{nullptr}, bbox_pred_{nullptr};
};
TORCH_MODULE(ProposalHead);

/// Region proposal network (Ren et al. 2015): which boxes hold an object of whatever kind.
class RegionProposalsImpl : public torch::nn::Module {
 public:
  RegionProposalsImpl(const ProposalOptions& options, AnchorOptions anchors, int64_t channels);
  void draw_weights(at::Generator& generator) { head_->draw_weights(generator); }

  /// @param features  levels of the pyramid, finest first; as many as there are sides of anchors are used.
  AnchorOutputs forward(const std::vector<torch::Tensor>& features);
  /// [A,4] corners of all anchors. @param padded_size  {height, width} of the padded images.
  torch::Tensor anchors(const std::vector<torch::Tensor>& features, std::array<int64_t, 2> padded_size) const;
  /// The best boxes of each image, [N,4] corners, best first; not differentiable.
  /// @param image_sizes  {height, width} of each image without padding.
  std::vector<torch::Tensor> propose(const AnchorOutputs& outputs, const torch::Tensor& anchors,
                                     const std::vector<std::array<int64_t, 2>>& image_sizes) const;
  /// Binary cross-entropy of the objectness, and smooth L1 of the offsets of positive anchors, both means
  /// over the sampled anchors. Differentiable in `outputs`.
  /// @param generator  draws the anchors.
  ProposalLosses losses(const AnchorOutputs& outputs, const torch::Tensor& anchors,
                        const std::vector<TrueObjects>& truth, at::Generator& generator) const;

 private:
  torch::Tensor best_of_levels(const torch::Tensor& objectness,
                               const std::vector<int64_t>& anchors_of_level) const;

  ProposalOptions options_;
  AnchorOptions anchor_options_;
  ProposalHead head_{nullptr};
};
TORCH_MODULE(RegionProposals);

/// Smooth L1 of box offsets, summed: quadratic up to 1/9, so that small errors of a box still count.
torch::Tensor offset_loss(const torch::Tensor& offsets, const torch::Tensor& expected);

}  // namespace priorseg
