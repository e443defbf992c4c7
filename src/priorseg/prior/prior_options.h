#pragma once

#include <cstdint>

#include "priorseg/core/option_range.h"
#include "priorseg/nn/network_options.h"

namespace priorseg {

/// How the variational autoencoder behind a prior is built and trained.
struct PriorOptions {
  int64_t patch_size = 32;  ///< px
  int64_t latent_size = 8;  ///< numbers that describe a shape
  double fill = 0.7;        ///< share of the patch side that the bounding box of a training mask takes
  EncoderOptions encoder;   ///< of the autoencoder only; the detector has its own
  DecoderOptions decoder;
  int64_t steps = 1500;
  int64_t batch_size = 128;     ///< masks a step
  double learning_rate = 2e-3;  ///< Adam, falling to 0 along a cosine
  double kl_weight = 1.0;  ///< weight of the KL divergence beside the cross-entropy summed over the patch

  template <class Visitor>
  void visit(Visitor& v) {
    v("patch_size", patch_size, between(8, 128), "side of a mask patch in px");
    v("latent_size", latent_size, between(1, 64), "numbers that describe a shape");
    v("fill", fill, between(0.3, 1), "share of the patch side that an object's bounding box takes");
    v("encoder", encoder, "encoder of the autoencoder");
    v("decoder", decoder, "decoder, frozen after training");
    v("steps", steps, between(1, 1e7), "training steps");
    v("batch_size", batch_size, between(2, 1e5), "masks a step");
    v("learning_rate", learning_rate, between(1e-8, 1), "learning rate of Adam at its highest");
    v("kl_weight", kl_weight, between(0, 1e6), "weight of the KL divergence beside the cross-entropy");
  }
};

}  // namespace priorseg
