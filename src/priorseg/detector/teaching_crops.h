#pragma once

#include <ATen/core/Generator.h>

#include <vector>

#include "priorseg/core/random.h"
#include "priorseg/core/tensor.h"
#include "priorseg/detector/teaching_image.h"

namespace priorseg {

/// A batch of crops with what the teacher says about them. G = crop size / grid cell, P = number of objects
/// to learn, S = side of a mask.
struct TeachingBatch {
  torch::Tensor images;         ///< [B,1,s,s] float32 in [0,1], changed in brightness, contrast, blur, noise
  torch::Tensor presence;       ///< [B*G*G] float32, 1 where an object is centred in the grid cell, else 0
  torch::Tensor known;          ///< [B*G*G] float32, 0 where the teacher does not know, else 1
  torch::Tensor grid_cells;     ///< [P] int64, the grid cell of each object to learn
  torch::Tensor image_of_cell;  ///< [P] int64
  torch::Tensor boxes;          ///< [P,4] float32, px of the crop
  torch::Tensor masks;          ///< [P,1,S,S] float32
};

/// Draws crops at random places of random images, mirrored and transposed, with objects pasted against others
/// (paste_touching_objects). Then the picture changes and what is in it does not: darker, another contrast,
/// blurred, noisy. A student that finds the same objects there will find dim and blurred ones elsewhere.
/// @param generator  of the pixels of the noise.
TeachingBatch draw_teaching_crops(const std::vector<TeachingImage>& images, const DetectorOptions& options,
                                  Random& random, at::Generator& generator);

}  // namespace priorseg
