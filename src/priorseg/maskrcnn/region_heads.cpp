#include "priorseg/maskrcnn/region_heads.h"

#include <torch/torch.h>

#include "priorseg/core/options.h"
#include "priorseg/maskrcnn/box_nms.h"
#include "priorseg/maskrcnn/conv_relu.h"
#include "priorseg/maskrcnn/pool_regions.h"
#include "priorseg/maskrcnn/roi_align.h"
#include "priorseg/nn/initial_weights.h"

namespace priorseg {
namespace {

namespace nn = torch::nn;

constexpr int64_t kClasses = 2, kObject = 1;  // background and object
constexpr int64_t kBoxSide = 7, kMaskFeatureSide = 14, kMaskSide = 28;
constexpr double kLeastObjectSide = 1e-2;  // px, of an object
const BoxCoding kObjectCoding{10, 5};

std::vector<int64_t> counts_of(const std::vector<torch::Tensor>& lists) {
  std::vector<int64_t> counts;
  for (const auto& list : lists) counts.push_back(list.size(0));
  return counts;
}

/// A transposed convolution with kernel and stride 2: its kernels do not overlap, so that it is a linear map
/// of each pixel to four. LibTorch computes it so several times faster than as what it is called.
torch::Tensor double_side(const torch::Tensor& features, const nn::ConvTranspose2dImpl& layer) {
  const auto weight = layer.weight.permute({1, 2, 3, 0}).flatten(0, 2);  // [4 out,in]
  const auto pixels =
      torch::conv2d(features, weight.unsqueeze(2).unsqueeze(3), layer.bias.repeat_interleave(4));
  return torch::pixel_shuffle(pixels, 2);
}

}  // namespace

/// Proposals that take part in the losses, a list an image: positive ones first.
struct RegionHeadsImpl::Samples {
  std::vector<torch::Tensor> proposals;  // [P+Q,4]
  std::vector<torch::Tensor> positive;   // [P,4], the first of these
  std::vector<torch::Tensor> object;     // [P] index of the object that each stands for
};

RegionHeadsImpl::RegionHeadsImpl(const RegionOptions& options, int64_t channels) : options_(options) {
  check_options(options_, "regions.");
  const auto group = [&](const char* name, auto... layers) {
    const auto module = register_module(name, std::make_shared<nn::Module>());
    (module->register_module(layers.first, layers.second), ...);
  };
  fc6_ = nn::Linear(channels * kBoxSide * kBoxSide, options.box_width);
  fc7_ = nn::Linear(options.box_width, options.box_width);
  group("box_head", std::pair("fc6", fc6_), std::pair("fc7", fc7_));
  cls_score_ = nn::Linear(options.box_width, kClasses);
  bbox_pred_ = nn::Linear(options.box_width, 4 * kClasses);
  group("box_predictor", std::pair("cls_score", cls_score_), std::pair("bbox_pred", bbox_pred_));

  const int64_t width = options.mask_channels;
  for (int64_t i = 0, in = channels; i < 4; ++i, in = width) {
    mask_head_->push_back(ConvRelu(nn::Conv2d(nn::Conv2dOptions(in, width, 3).padding(1))));
  }
  register_module("mask_head", mask_head_);
  conv5_mask_ = nn::ConvTranspose2d(nn::ConvTranspose2dOptions(width, width, 2).stride(2));
  mask_fcn_logits_ = nn::Conv2d(nn::Conv2dOptions(width, kClasses, 1));
  group("mask_predictor", std::pair("conv5_mask", conv5_mask_),
        std::pair("mask_fcn_logits", mask_fcn_logits_));
}

void RegionHeadsImpl::draw_weights(at::Generator& generator) {
  for (auto* linear : {&fc6_, &fc7_, &cls_score_, &bbox_pred_}) draw_default_weights(**linear, generator);
  for (const auto& module : mask_head_->modules()) {
    auto* layer = module->as<nn::Conv2d>();
    if (!layer) continue;
    draw_default_weights(*layer, generator);
    draw_normal_by_outputs(layer->weight, generator);
    const torch::NoGradGuard no_grad;
    layer->bias.zero_();
  }
  draw_default_weights(*conv5_mask_, generator);
  draw_default_weights(*mask_fcn_logits_, generator);
  draw_normal_by_outputs(conv5_mask_->weight, generator);
  draw_normal_by_outputs(mask_fcn_logits_->weight, generator);
}

RegionHeadsImpl::BoxOutputs RegionHeadsImpl::read_boxes(const std::vector<torch::Tensor>& features,
                                                        const std::vector<torch::Tensor>& proposals) {
  const auto pooled = pool_regions(features, proposals, kBoxSide, options_.aligned_pooling);
  const auto hidden = torch::relu(fc7_(torch::relu(fc6_(pooled.flatten(1)))));
  return {cls_score_(hidden).cpu().to(features[0].scalar_type()),
          bbox_pred_(hidden).cpu().to(features[0].scalar_type())};
}

torch::Tensor RegionHeadsImpl::read_masks(const std::vector<torch::Tensor>& features,
                                          const std::vector<torch::Tensor>& corners) {
  const auto pooled = pool_regions(features, corners, kMaskFeatureSide, options_.aligned_pooling);
  if (pooled.size(0) == 0) return torch::zeros({0, kMaskSide, kMaskSide});
  const auto doubled = double_side(mask_head_->forward(pooled), *conv5_mask_);
  return mask_fcn_logits_(torch::relu(doubled)).select(1, kObject).cpu().to(features[0].scalar_type());
}

std::vector<FoundRegions> RegionHeadsImpl::find(const std::vector<torch::Tensor>& features,
                                                const std::vector<torch::Tensor>& proposals,
                                                const std::vector<std::array<int64_t, 2>>& image_sizes,
                                                double least_score) {
  const auto outputs = read_boxes(features, proposals);
  const auto counts = counts_of(proposals);
  const auto all_scores = torch::softmax(outputs.logits, 1).select(1, kObject).split_with_sizes(counts);
  const auto all_corners = kObjectCoding.decode(outputs.offsets, torch::cat(proposals))
                               .select(1, kObject)
                               .split_with_sizes(counts);
  std::vector<FoundRegions> found;
  std::vector<torch::Tensor> boxes;
  for (size_t image = 0; image < proposals.size(); ++image) {
    auto corners = clip_corners(all_corners[image], image_sizes[image]);
    auto scores = all_scores[image];
    const auto keep = [&](const torch::Tensor& indices) {
      corners = corners.index_select(0, indices);
      scores = scores.index_select(0, indices);
    };
    keep(torch::nonzero((scores > options_.min_score) & (scores >= least_score)).view({-1}));
    keep(large_enough(corners, kLeastObjectSide));
    const auto one_group = torch::zeros({scores.size(0)}, torch::kInt64);
    keep(box_nms(corners, scores, one_group, options_.max_iou).slice(0, 0, options_.max_objects));
    found.push_back({corners, scores, {}});
    boxes.push_back(corners);
  }
  const auto masks = torch::sigmoid(read_masks(features, boxes)).split_with_sizes(counts_of(boxes));
  for (size_t image = 0; image < found.size(); ++image) found[image].masks = masks[image];
  return found;
}

RegionHeadsImpl::Samples RegionHeadsImpl::sample(const std::vector<torch::Tensor>& proposals,
                                                 const std::vector<TrueObjects>& truth,
                                                 at::Generator& generator) const {
  Samples samples;
  for (size_t image = 0; image < truth.size(); ++image) {
    // True boxes are proposals too: at the beginning there are hardly any other good ones.
    const auto candidates = torch::cat({proposals[image], truth[image].corners});
    const auto matches = match_boxes(corner_ious(truth[image].corners, candidates),
                                     {options_.positive_iou, options_.positive_iou, /*keep_best=*/false});
    const auto sampled = sample_boxes(matches >= 0, matches == kBackground, options_.samples,
                                      options_.positive_share, generator);
    samples.positive.push_back(candidates.index_select(0, sampled.positive));
    samples.proposals.push_back(
        torch::cat({samples.positive.back(), candidates.index_select(0, sampled.negative)}));
    samples.object.push_back(matches.index_select(0, sampled.positive));
  }
  return samples;
}

torch::Tensor RegionHeadsImpl::mask_loss(const std::vector<torch::Tensor>& features, const Samples& samples,
                                         const std::vector<TrueObjects>& truth) {
  const auto logits = read_masks(features, samples.positive);
  if (logits.size(0) == 0) return logits.sum();
  std::vector<torch::Tensor> expected;
  const RoiAlignOptions cut{kMaskSide, kMaskSide, 1, 0, options_.aligned_masks};
  for (size_t image = 0; image < truth.size(); ++image) {
    if (samples.positive[image].size(0) == 0) continue;
    expected.push_back(
        roi_align(truth[image].masks.unsqueeze(1), samples.positive[image], samples.object[image], cut));
  }
  return torch::binary_cross_entropy_with_logits(logits, torch::cat(expected).squeeze(1));
}

RegionLosses RegionHeadsImpl::losses(const std::vector<torch::Tensor>& features,
                                     const std::vector<torch::Tensor>& proposals,
                                     const std::vector<TrueObjects>& truth, at::Generator& generator) {
  const auto samples = sample(proposals, truth, generator);
  const auto outputs = read_boxes(features, samples.proposals);
  const auto counts = counts_of(samples.proposals);
  const auto offsets = outputs.offsets.split_with_sizes(counts);
  std::vector<torch::Tensor> labels, object_offsets, expected;
  for (size_t image = 0; image < truth.size(); ++image) {
    const int64_t num_positive = samples.positive[image].size(0);
    labels.push_back((torch::arange(counts[image]) < num_positive).to(torch::kInt64));
    object_offsets.push_back(offsets[image].slice(0, 0, num_positive).slice(1, 4 * kObject, 4 * kObject + 4));
    const auto matched = truth[image].corners.index_select(0, samples.object[image]);
    expected.push_back(kObjectCoding.encode(matched, samples.positive[image]));
  }
  RegionLosses losses;
  losses.classification = torch::cross_entropy_loss(outputs.logits, torch::cat(labels));
  losses.box = offset_loss(torch::cat(object_offsets), torch::cat(expected)) /
               static_cast<double>(outputs.logits.size(0));
  losses.mask = mask_loss(features, samples, truth);
  return losses;
}

}  // namespace priorseg
