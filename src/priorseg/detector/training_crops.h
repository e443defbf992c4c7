#pragma once

#include <ATen/core/Generator.h>

#include <vector>

#include "priorseg/core/random.h"
#include "priorseg/core/tensor.h"
#include "priorseg/detector/network_image.h"

namespace priorseg {

/// What the training loop keeps of an image.
struct TrainingImage {
  torch::Tensor mapped;  ///< [h,w] float32 in [0,1], padded by mirroring
  double gradient_scale = 1;
};

/// A batch of training crops.
struct CropBatch {
  torch::Tensor images;           ///< [B,1,S,S] float32 in [0,1]
  torch::Tensor gradient_scales;  ///< [B,1,1,1]
};

/// Draws crops at random places of random images, mirrored and turned by multiples of 90 degrees. A share of
/// them
/// (`blank_crops`) shows background noise as the intensity mapping would show it, smoothed by a random
/// amount: there is nothing to find.
/// @param generator  of the pixels of the noise.
CropBatch draw_crops(const std::vector<TrainingImage>& images, const DetectorOptions& options, Random& random,
                     at::Generator& generator);

}  // namespace priorseg
