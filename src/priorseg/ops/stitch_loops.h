#pragma once

#include <cstdint>

namespace priorseg {

// The loops of stitch on plain arrays. A bilinear patch is separable: its rows are first resampled to the
// columns of the image, then blended downwards; backward takes the same two steps in the opposite order. So
// the inner loops run over neighbouring pixels of a row.

/// Sizes of one call; all arrays are contiguous.
struct StitchSizes {
  int64_t num_boxes = 0;   ///< N
  int64_t channels = 0;    ///< C
  int64_t patch_size = 0;  ///< S
  int64_t num_images = 0;  ///< B
  int64_t height = 0;      ///< H
  int64_t width = 0;       ///< W
};

/// Adds every patch to `images`, which is zero at first. Each pixel is written by one thread, in the order of
/// the boxes, so the result does not depend on the number of threads.
///
/// @param patches       [N,C,S,S]
/// @param boxes         [N,4] (cx, cy, height, width); one with a number that is not finite or a side <= 0
/// adds nothing
/// @param image_of_box  [N], each in [0, B)
/// @param images        [B,C,H,W]
template <typename T>
void stitch_forward(const StitchSizes& sizes, const T* patches, const T* boxes, const int64_t* image_of_box,
                    T* images);

/// The derivatives; parallel over boxes, each written by one thread.
///
/// @param grad_images   [B,C,H,W]
/// @param grad_patches  [N,C,S,S], zero at first; nullptr if not wanted
/// @param grad_boxes    [N,4], zero at first; nullptr if not wanted
template <typename T>
void stitch_backward(const StitchSizes& sizes, const T* patches, const T* boxes, const int64_t* image_of_box,
                     const T* grad_images, T* grad_patches, T* grad_boxes);

}  // namespace priorseg
