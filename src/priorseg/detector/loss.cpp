#include "priorseg/detector/loss.h"

#include <torch/types.h>

namespace priorseg {
namespace {

torch::Tensor edge_loss(const LossInput& input, const LossOptions& options) {
  auto explained = torch::minimum(input.image_edges, input.stitched_edges).square();
  auto drawn = input.stitched_edges;
  if (options.edge_pooling == EdgePooling::kImage) {
    explained = explained.flatten(1).mean(1);
    drawn = drawn.flatten(1).mean(1);
  } else {
    explained = explained.mean();
    drawn = drawn.mean();
  }
  return (1 - explained / (drawn + options.alpha)).mean();
}

}  // namespace

LossTerms detector_loss(const LossInput& input, const LossOptions& options) {
  LossTerms terms;
  terms.edge = edge_loss(input, options);
  const auto& masks = input.stitched_masks;
  const auto both = torch::minimum(masks, input.foreground).sum();
  const auto any = torch::maximum(masks, input.foreground).sum();
  terms.region =
      1 - both / (any + 1);  // one pixel: a batch without foreground and masks has no gradient, not NaN
  terms.presence = input.presence.mean();
  terms.overlap = torch::relu(masks - 1).mean();
  terms.divergence = input.divergence.mean();
  terms.total = options.edge_weight * terms.edge + options.region_weight * terms.region +
                options.object_price * terms.presence + options.overlap_price * terms.overlap +
                options.kl_weight * terms.divergence;
  return terms;
}

torch::Tensor foreground_map(const torch::Tensor& mapped, const LossOptions& options) {
  return torch::sigmoid((mapped - options.foreground_level) / options.foreground_softness);
}

}  // namespace priorseg
