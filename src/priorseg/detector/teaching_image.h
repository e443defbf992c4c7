#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/detector/detector.h"

namespace priorseg {

/// What a trained detector, the teacher, found in a training image, as its student learns from it.
struct TeachingImage {
  torch::Tensor mapped;   ///< [h,w] float32 in [0,1], as the networks see it, padded by mirroring
  torch::Tensor unknown;  ///< [h,w] float32, 1 where it is not known whether there is an object, else 0
  torch::Tensor boxes;    ///< [N,4] (cx, cy, height, width), px of `mapped`
  torch::Tensor masks;    ///< [N,S,S] float32 in [0,1]
  torch::Tensor trusted;  ///< [N] bool: the student learns to find it; of the others it learns nothing
  int64_t bright = 0;     ///< px of `mapped` that stand out as objects do, without the padding
  int64_t explained = 0;  ///< those of them that lie in an object that was found, trusted or not
};

/// Share of what stands out of the images that lies in objects that were found: near 0 where a training went
/// wrong. 1 where next to nothing stands out.
double explained_share(const std::vector<TeachingImage>& images);

/// Lets the teacher find and refine the objects of an image. Trusted are those whose score reaches
/// `min_score` and whose outline is near enough to an ellipse (`min_ellipse_fill`): pairs that were taken
/// for one object are not. Unknown is what stands out of the background without a trusted object, and the
/// padding.
///
/// Of an image that is looked at in several levels each gives a TeachingImage of its own. In it the objects
/// that are too large or too small for the level and that the teacher is sure of are none: they are found in
/// another.
///
/// @param teacher  on any device. Its inference settings count, except for those of
/// DetectorOptions::self_training.
/// @return  one a level (Detector::levels_of).
std::vector<TeachingImage> teach(const Detector& teacher, const Image& given, Observer& observer = nobody());

/// How much of the ellipse with the same second moments a mask fills: 1 for an ellipse, 0.89 for two disks
/// that touch, less for what is concave or in pieces.
///
/// @param masks  [N,S,S] float32; a pixel of at least 0.5 counts.
/// @return       [N] float32, 0 for an empty mask.
torch::Tensor ellipse_fill(const torch::Tensor& masks);

}  // namespace priorseg
