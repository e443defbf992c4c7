#pragma once

#include <torch/nn.h>
#include <torch/types.h>

#include <array>
#include <vector>

#include "priorseg/maskrcnn/network_options.h"
#include "priorseg/maskrcnn/region_proposals.h"

namespace priorseg {

/// The objects of one image, best score first.
struct FoundRegions {
  torch::Tensor corners;  ///< [N,4] float32, px
  torch::Tensor scores;   ///< [N] float32 in [0,1]
  torch::Tensor masks;    ///< [N,28,28] float32 in [0,1], in the frame of the box
};

struct RegionLosses {
  torch::Tensor classification, box, mask;  ///< scalars
};

/// Box head and mask head with their losses and the choice of the final boxes (He et al. 2017). There are two
/// classes: background and object.
class RegionHeadsImpl : public torch::nn::Module {
 public:
  /// @param channels  of the feature maps.
  RegionHeadsImpl(const RegionOptions& options, int64_t channels);
  void draw_weights(at::Generator& generator);

  /// What the box head tells of proposals, on the CPU.
  struct BoxOutputs {
    torch::Tensor logits;   ///< [N,2]
    torch::Tensor offsets;  ///< [N,8] box coding relative to the proposals, four a class
  };
  /// @param features   levels of the pyramid, finest first; the first four are used.
  /// @param proposals  [N,4] corners an image.
  BoxOutputs read_boxes(const std::vector<torch::Tensor>& features,
                        const std::vector<torch::Tensor>& proposals);
  /// [N,28,28] mask logits of boxes, images one after the other, on the CPU.
  torch::Tensor read_masks(const std::vector<torch::Tensor>& features,
                           const std::vector<torch::Tensor>& corners);

  /// @param image_sizes  {height, width} of each image without padding.
  /// @param least_score  objects below it are dropped too. Boxes are suppressed by better ones only, so that
  ///                     the others stay as they are.
  std::vector<FoundRegions> find(const std::vector<torch::Tensor>& features,
                                 const std::vector<torch::Tensor>& proposals,
                                 const std::vector<std::array<int64_t, 2>>& image_sizes, double least_score);

  /// Cross-entropy of the class, smooth L1 of the offsets, binary cross-entropy of the masks of the objects;
  /// means over the sampled proposals, the masks' over positive ones. Differentiable in `features`.
  /// @param generator  draws the proposals.
  RegionLosses losses(const std::vector<torch::Tensor>& features, const std::vector<torch::Tensor>& proposals,
                      const std::vector<TrueObjects>& truth, at::Generator& generator);

 private:
  struct Samples;
  Samples sample(const std::vector<torch::Tensor>& proposals, const std::vector<TrueObjects>& truth,
                 at::Generator& generator) const;
  torch::Tensor mask_loss(const std::vector<torch::Tensor>& features, const Samples& samples,
                          const std::vector<TrueObjects>& truth);

  RegionOptions options_;
  torch::nn::Sequential mask_head_;
  torch::nn::Linear fc6_{nullptr}, fc7_{nullptr}, cls_score_{nullptr}, bbox_pred_{nullptr};
  torch::nn::ConvTranspose2d conv5_mask_{nullptr};
  torch::nn::Conv2d mask_fcn_logits_{nullptr};
};
TORCH_MODULE(RegionHeads);

}  // namespace priorseg
