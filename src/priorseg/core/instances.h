#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

// Pixel convention of the whole project: pixel (0,0) covers the square [0,1)x[0,1), its centre is (0.5, 0.5),
// as in grid_sample with align_corners=false. A box tensor is [N,4] float (cx, cy, height, width) in pixels
// of its image.

/// The objects found in one image: a box, a score, a latent and a small mask in the box's frame for each;
/// never a full-size mask, so that an image may be of any size.
struct Instances {
  torch::Tensor
      boxes;  ///< [N,4] float32 (cx, cy, height, width), pixels of the image; may reach over its border.
  torch::Tensor scores;   ///< [N] float32 in [0,1].
  torch::Tensor latents;  ///< [N,L] float32, means of the shape latent; L may be 0 where unknown.
  torch::Tensor
      masks;  ///< [N,S,S] float32 in [0,1]: probability that a point of the box belongs to the object.
  int64_t height = 0;  ///< of the image, px.
  int64_t width = 0;   ///< of the image, px.

  int64_t size() const { return boxes.defined() ? boxes.size(0) : 0; }

  /// Instances at `indices` ([K] int64), in that order.
  Instances select(const torch::Tensor& indices) const {
    return {boxes.index_select(0, indices),
            scores.index_select(0, indices),
            latents.index_select(0, indices),
            masks.index_select(0, indices),
            height,
            width};
  }
};

}  // namespace priorseg
