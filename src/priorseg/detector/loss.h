#pragma once

#include "priorseg/core/tensor.h"
#include "priorseg/detector/options.h"

namespace priorseg {

/// What one training step compares.
struct LossInput {
  torch::Tensor image_edges;     ///< [B,1,H,W] gradient map of the images, in [0,1]
  torch::Tensor foreground;      ///< [B,1,H,W] soft foreground map, in [0,1]
  torch::Tensor stitched_edges;  ///< [B,1,H,W] sum of presence x Sobel magnitude of the masks, >= 0
  torch::Tensor stitched_masks;  ///< [B,1,H,W] sum of presence x mask, >= 0
  torch::Tensor presence;        ///< [N]
  torch::Tensor divergence;      ///< [N] KL of each box's latent, nats, summed over its numbers
};

/// The terms, unweighted except for `total`; scalars, differentiable in the stitched maps, presence and
/// divergence.
struct LossTerms {
  torch::Tensor total, edge, region, presence, overlap, divergence;
};

/// L = w_edge L_edge + w_region L_region + w_price mean(presence) + w_overlap mean(max(0, M - 1)) + beta
/// mean(KL), with
///
///   L_edge   = 1 - mean(min(G_image, G_recon)^2) / (mean(G_recon) + alpha)      (paper)
///              of each image, then averaged, or of all pixels of the batch (LossOptions::edge_pooling)
///   L_region = 1 - sum(min(M, F)) / (1 + sum(max(M, F)))      (soft IoU of masks and foreground)
LossTerms detector_loss(const LossInput& input, const LossOptions& options);

/// Soft foreground map of mapped images: sigmoid((m - level) / softness).
torch::Tensor foreground_map(const torch::Tensor& mapped, const LossOptions& options);

}  // namespace priorseg
