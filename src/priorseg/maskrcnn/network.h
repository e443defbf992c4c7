#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn.h>
#include <torch/types.h>

#include <vector>

#include "priorseg/maskrcnn/anchors.h"
#include "priorseg/maskrcnn/backbone.h"
#include "priorseg/maskrcnn/network_input.h"
#include "priorseg/maskrcnn/region_heads.h"
#include "priorseg/maskrcnn/region_proposals.h"

namespace priorseg {

/// The five losses of one batch; scalars.
struct MaskRcnnLosses {
  RegionLosses regions;
  ProposalLosses proposals;

  torch::Tensor total() const {
    return regions.classification + regions.box + regions.mask + proposals.objectness + proposals.box;
  }
};

/// Mask R-CNN (He et al. 2017) on a feature pyramid, for background and one kind of object. Its parameters
/// and buffers bear the names of torchvision's maskrcnn_resnet50_fpn, so that its weights fit. Wherever its
/// weights are: images, truth and results are on the CPU, and so is what is done with boxes.
class MaskRcnnNetworkImpl : public torch::nn::Module {
 public:
  /// The weights are LibTorch's own until draw_weights().
  /// @throws Error where an option is out of range.
  explicit MaskRcnnNetworkImpl(const MaskRcnnNetworkOptions& options);

  /// Draws initial weights as torchvision does: it makes a layer with LibTorch's weights, then draws some
  /// anew.
  void draw_weights(at::Generator& generator);

  /// @param images       [1,H,W] or [3,H,W] float32 in [0,1] each, of any size.
  /// @param least_score  objects with a lower score are dropped before their masks are made.
  /// @param arithmetic   of convolutions and linear maps, kFloat32 or kBFloat16.
  /// @return             the objects of each image in px of that image; not differentiable.
  std::vector<FoundRegions> find(const std::vector<torch::Tensor>& images, double least_score = 0,
                                 torch::ScalarType arithmetic = torch::kFloat32);

  /// @param truth       objects of each image; an image may have none.
  /// @param generator   draws the boxes that the losses are taken from.
  /// @param arithmetic  of convolutions and linear maps, kFloat32 or kBFloat16; the losses are float32.
  MaskRcnnLosses losses(const std::vector<torch::Tensor>& images, const std::vector<TrueObjects>& truth,
                        at::Generator& generator, torch::ScalarType arithmetic = torch::kFloat32);

  /// Where the weights are.
  torch::Device device() const { return backbone_->parameters().front().device(); }

  Backbone& backbone() { return backbone_; }
  RegionProposals& proposals() { return rpn_; }
  RegionHeads& regions() { return roi_heads_; }

 private:
  InputOptions input_options_;
  Backbone backbone_{nullptr};
  RegionProposals rpn_{nullptr};
  RegionHeads roi_heads_{nullptr};
};
TORCH_MODULE(MaskRcnnNetwork);

}  // namespace priorseg
