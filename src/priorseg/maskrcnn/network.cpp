#include "priorseg/maskrcnn/network.h"

#include <torch/torch.h>

#include "priorseg/core/options.h"
#include "priorseg/nn/convolution.h"
#include "priorseg/nn/mixed_precision.h"

namespace priorseg {
namespace {

/// In float32 the order in memory makes no difference to the speed.
torch::Tensor ordered_for(torch::ScalarType arithmetic, const torch::Tensor& pixels) {
  return arithmetic == torch::kFloat32 ? pixels : channels_innermost(pixels);
}

}  // namespace

MaskRcnnNetworkImpl::MaskRcnnNetworkImpl(const MaskRcnnNetworkOptions& options)
    : input_options_(options.input) {
  check_options(input_options_, "input.");
  const int64_t channels = options.backbone.pyramid_channels;
  backbone_ = register_module("backbone", Backbone(options.backbone));
  rpn_ = register_module("rpn", RegionProposals(options.proposals, options.anchors, channels));
  roi_heads_ = register_module("roi_heads", RegionHeads(options.regions, channels));
}

void MaskRcnnNetworkImpl::draw_weights(at::Generator& generator) {
  backbone_->draw_weights(generator);
  rpn_->draw_weights(generator);
  roi_heads_->draw_weights(generator);
}

std::vector<FoundRegions> MaskRcnnNetworkImpl::find(const std::vector<torch::Tensor>& images,
                                                    double least_score, torch::ScalarType arithmetic) {
  torch::NoGradGuard no_grad;
  const auto input = make_network_input(images, input_options_);
  MixedPrecision mixed(arithmetic, device());
  const auto features = backbone_(ordered_for(arithmetic, input.images.to(device())));
  const auto proposals =
      rpn_->propose(rpn_(features), rpn_->anchors(features, input.padded_size()), input.sizes);
  auto found = roi_heads_->find(features, proposals, input.sizes, least_score);
  for (size_t i = 0; i < found.size(); ++i)
    found[i].corners = corners_in_given_image(found[i].corners, input, i);
  return found;
}

MaskRcnnLosses MaskRcnnNetworkImpl::losses(const std::vector<torch::Tensor>& images,
                                           const std::vector<TrueObjects>& truth, at::Generator& generator,
                                           torch::ScalarType arithmetic) {
  const auto input = make_network_input(images, input_options_);
  const auto objects = truth_of_input(truth, input);
  MixedPrecision mixed(arithmetic, device());
  const auto features = backbone_(ordered_for(arithmetic, input.images.to(device())));
  const auto outputs = rpn_(features);
  const auto anchors = rpn_->anchors(features, input.padded_size());
  const auto proposals = rpn_->propose(outputs, anchors, input.sizes);
  MaskRcnnLosses losses;
  losses.regions = roi_heads_->losses(features, proposals, objects, generator);
  losses.proposals = rpn_->losses(outputs, anchors, objects, generator);
  return losses;
}

}  // namespace priorseg
