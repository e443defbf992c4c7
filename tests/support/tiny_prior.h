#pragma once

#include <torch/torch.h>

#include "priorseg/prior/shape_prior.h"

namespace priorseg::test {

/// A prior that trains in about a second: patches of 16 px, 3 numbers a shape.
inline PriorOptions tiny_prior_options() {
  PriorOptions options;
  options.patch_size = 16;
  options.latent_size = 3;
  options.fill = 0.7;
  options.encoder = {EncoderKind::kStrided, {8, 16}};
  options.decoder = {DecoderKind::kDense, {32, 64}};
  options.steps = 300;
  options.batch_size = 32;
  options.learning_rate = 5e-3;
  options.kl_weight = 1;
  return options;
}

/// Binary masks of ellipses at every angle: the bounding box of each fills the middle 70 % of the patch.
/// @return [count,1,side,side] float32
inline torch::Tensor ellipse_masks(int64_t count, int64_t side = 16) {
  const auto place = (torch::arange(side, torch::kFloat32) + 0.5) / static_cast<double>(side) - 0.5;
  const auto y = place.view({1, -1, 1}) / 0.35, x = place.view({1, 1, -1}) / 0.35;
  // x^2 - 2 c x y + y^2 <= 1 - c^2 is the ellipse inside the square [-1,1]^2 with slope c.
  const auto slope = torch::linspace(-0.8, 0.8, count).view({-1, 1, 1});
  const auto inside = (x * x - 2 * slope * x * y + y * y) <= 1 - slope * slope;
  return inside.to(torch::kFloat32).unsqueeze(1);
}

/// Trained once a test program; each call gives a copy.
inline ShapePrior tiny_prior() {
  static const ShapePrior prior = ShapePrior::train(ellipse_masks(64), tiny_prior_options(), 1);
  return prior.clone();
}

}  // namespace priorseg::test
