#include "priorseg/maskrcnn/region_proposals.h"

#include <torch/torch.h>

#include <algorithm>

#include "priorseg/core/options.h"
#include "priorseg/maskrcnn/box_nms.h"
#include "priorseg/maskrcnn/conv_relu.h"
#include "priorseg/nn/initial_weights.h"

namespace priorseg {
namespace {

namespace nn = torch::nn;

constexpr double kLeastProposalSide = 1e-3;  // px, of a proposal
const BoxCoding kProposalCoding{1, 1};

nn::Conv2d head_layer(int64_t in, int64_t out, int64_t kernel) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).padding(kernel / 2));
}

/// [B,A C,H,W] to [B,H W A,C].
torch::Tensor by_anchor(const torch::Tensor& maps, int64_t per_anchor) {
  const int64_t batch = maps.size(0), height = maps.size(2), width = maps.size(3);
  return maps.view({batch, -1, per_anchor, height, width})
      .permute({0, 3, 4, 1, 2})
      .reshape({batch, -1, per_anchor});
}

}  // namespace

torch::Tensor offset_loss(const torch::Tensor& offsets, const torch::Tensor& expected) {
  return torch::smooth_l1_loss(offsets, expected, at::Reduction::Sum, 1.0 / 9);
}

ProposalHeadImpl::ProposalHeadImpl(int64_t channels, int64_t num_ratios) {
  conv_->push_back(ConvRelu(head_layer(channels, channels, 3)));
  register_module("conv", conv_);
  cls_logits_ = register_module("cls_logits", head_layer(channels, num_ratios, 1));
  bbox_pred_ = register_module("bbox_pred", head_layer(channels, 4 * num_ratios, 1));
}

void ProposalHeadImpl::draw_weights(at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  for (const auto& module : modules()) {
    auto* layer = module->as<nn::Conv2d>();
    if (!layer) continue;
    draw_default_weights(*layer, generator);
    layer->weight.normal_(0, 0.01, generator);
    layer->bias.zero_();
  }
}

AnchorOutputs ProposalHeadImpl::forward(const std::vector<torch::Tensor>& features) {
  AnchorOutputs outputs;
  std::vector<torch::Tensor> objectness, offsets;
  for (const auto& map : features) {
    const auto shared = conv_->forward(map);
    objectness.push_back(by_anchor(cls_logits_(shared), 1));
    offsets.push_back(by_anchor(bbox_pred_(shared), 4));
    outputs.anchors_of_level.push_back(objectness.back().size(1));
  }
  outputs.objectness = torch::cat(objectness, 1).squeeze(2).cpu().to(features[0].scalar_type());
  outputs.offsets = torch::cat(offsets, 1).cpu().to(features[0].scalar_type());
  return outputs;
}

RegionProposalsImpl::RegionProposalsImpl(const ProposalOptions& options, AnchorOptions anchors,
                                         int64_t channels)
    : options_(options), anchor_options_(std::move(anchors)) {
  check_options(options_, "proposals.");
  check_options(anchor_options_, "anchors.");
  const auto num_ratios = static_cast<int64_t>(anchor_options_.ratios.size());
  head_ = register_module("head", ProposalHead(channels, num_ratios));
}

AnchorOutputs RegionProposalsImpl::forward(const std::vector<torch::Tensor>& features) {
  const auto levels = static_cast<std::ptrdiff_t>(anchor_options_.sides.size());
  return head_(std::vector<torch::Tensor>(features.begin(), features.begin() + levels));
}

torch::Tensor RegionProposalsImpl::anchors(const std::vector<torch::Tensor>& features,
                                           std::array<int64_t, 2> padded_size) const {
  std::vector<std::array<int64_t, 2>> sizes;
  for (size_t level = 0; level < anchor_options_.sides.size(); ++level)
    sizes.push_back({features[level].size(2), features[level].size(3)});
  return torch::cat(make_anchors(anchor_options_, sizes, padded_size));
}

/// Indices of the anchors of one image that go into suppression: the best of each level.
torch::Tensor RegionProposalsImpl::best_of_levels(const torch::Tensor& objectness,
                                                  const std::vector<int64_t>& anchors_of_level) const {
  const int64_t most = is_training() ? options_.most_before_nms : options_.most_before_nms_found;
  std::vector<torch::Tensor> best;
  int64_t first = 0;
  for (const int64_t count : anchors_of_level) {
    const auto level = objectness.slice(0, first, first + count);
    best.push_back(std::get<1>(level.topk(std::min(most, count))) + first);
    first += count;
  }
  return torch::cat(best);
}

std::vector<torch::Tensor> RegionProposalsImpl::propose(
    const AnchorOutputs& outputs, const torch::Tensor& anchors,
    const std::vector<std::array<int64_t, 2>>& image_sizes) const {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> levels;
  for (size_t level = 0; level < outputs.anchors_of_level.size(); ++level)
    levels.push_back(
        torch::full({outputs.anchors_of_level[level]}, static_cast<int64_t>(level), torch::kInt64));
  const auto level_of_anchor = torch::cat(levels);
  const int64_t most = is_training() ? options_.most_after_nms : options_.most_after_nms_found;
  std::vector<torch::Tensor> proposals;
  for (size_t image = 0; image < image_sizes.size(); ++image) {
    const auto objectness = outputs.objectness.select(0, static_cast<int64_t>(image));
    const auto offsets = outputs.offsets.select(0, static_cast<int64_t>(image));
    auto best = best_of_levels(objectness, outputs.anchors_of_level);
    auto corners =
        kProposalCoding.decode(offsets.index_select(0, best), anchors.index_select(0, best)).squeeze(1);
    corners = clip_corners(corners, image_sizes[image]);
    const auto usable = large_enough(corners, kLeastProposalSide);
    corners = corners.index_select(0, usable);
    best = best.index_select(0, usable);
    const auto kept = box_nms(corners, torch::sigmoid(objectness.index_select(0, best)),
                              level_of_anchor.index_select(0, best), options_.max_iou);
    proposals.push_back(corners.index_select(0, kept.slice(0, 0, most)));
  }
  return proposals;
}

ProposalLosses RegionProposalsImpl::losses(const AnchorOutputs& outputs, const torch::Tensor& anchors,
                                           const std::vector<TrueObjects>& truth,
                                           at::Generator& generator) const {
  std::vector<torch::Tensor> logits, expected, offsets, expected_offsets;
  for (size_t image = 0; image < truth.size(); ++image) {
    const auto& corners = truth[image].corners;
    const auto matches = match_boxes(corner_ious(corners, anchors),
                                     {options_.positive_iou, options_.negative_iou, /*keep_best=*/true});
    const auto sampled = sample_boxes(matches >= 0, matches == kBackground, options_.samples,
                                      options_.positive_share, generator);
    const auto objectness = outputs.objectness.select(0, static_cast<int64_t>(image));
    for (const auto& [places, label] : {std::pair(sampled.positive, 1), std::pair(sampled.negative, 0)}) {
      logits.push_back(objectness.index_select(0, places));
      expected.push_back(torch::full({places.size(0)}, static_cast<float>(label)));
    }
    const auto of_image = outputs.offsets.select(0, static_cast<int64_t>(image));
    offsets.push_back(of_image.index_select(0, sampled.positive));
    const auto matched = corners.index_select(0, matches.index_select(0, sampled.positive));
    expected_offsets.push_back(kProposalCoding.encode(matched, anchors.index_select(0, sampled.positive)));
  }
  const auto all_logits = torch::cat(logits);
  const auto count = static_cast<double>(std::max<int64_t>(1, all_logits.size(0)));
  return {torch::binary_cross_entropy_with_logits(all_logits, torch::cat(expected)),
          offset_loss(torch::cat(offsets), torch::cat(expected_offsets)) / count};
}

}  // namespace priorseg
