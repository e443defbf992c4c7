#pragma once

#include <vector>

#include "priorseg/core/random.h"
#include "priorseg/core/tensor.h"
#include "priorseg/detector/teaching_image.h"

namespace priorseg {

/// One trusted object cut out of its image.
struct ObjectCutout {
  torch::Tensor pixels;  ///< [h,w] mapped intensities
  torch::Tensor share;   ///< [h,w] in [0,1]: how much of a pixel the object covers
  torch::Tensor mask;    ///< [S,S] in the frame of the box
  torch::Tensor box;     ///< [4] (cx, cy, height, width), px of the cutout
};

/// Cuts object `index` out of its image, mirrored and transposed at random. A box that reaches over the
/// border of the image gives an empty cutout (0 x 0 px).
ObjectCutout cut_out(const TeachingImage& image, int64_t index, Random& random);

/// Puts up to `most` trusted objects of random images against trusted objects of `crop`, some of them
/// darkened: pairs that touch, of which is known where one ends and the other begins.
///
/// @param crop    [s,s]-sized; changed in place: image, boxes, masks, trust and what is known.
/// @param images  where the objects come from.
void paste_touching_objects(TeachingImage& crop, const std::vector<TeachingImage>& images, int64_t most,
                            Random& random);

}  // namespace priorseg
