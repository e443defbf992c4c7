#pragma once

#include <cstdint>

namespace priorseg {

// The loops of crop on plain arrays.

/// Sizes of one call; all arrays are contiguous.
struct CropSizes {
  int64_t num_boxes = 0;   ///< N
  int64_t channels = 0;    ///< C
  int64_t patch_size = 0;  ///< S
  int64_t num_images = 0;  ///< B
  int64_t height = 0;      ///< H
  int64_t width = 0;       ///< W
};

/// Samples every patch; parallel over boxes.
///
/// @param images        [B,C,H,W]
/// @param boxes         [N,4] (cx, cy, height, width); the patch of one with a number that is not finite or a
/// side <= 0
///                      is left as it is
/// @param image_of_box  [N], each in [0, B)
/// @param patches       [N,C,S,S], zero at first
template <typename T>
void crop_forward(const CropSizes& sizes, const T* images, const T* boxes, const int64_t* image_of_box,
                  T* patches);

/// Derivative with respect to the boxes; parallel over boxes.
///
/// @param grad_patches  [N,C,S,S]
/// @param grad_boxes    [N,4], zero at first
template <typename T>
void crop_backward_boxes(const CropSizes& sizes, const T* images, const T* boxes, const int64_t* image_of_box,
                         const T* grad_patches, T* grad_boxes);

/// Derivative with respect to the images; parallel over image planes, each summed in the order of the boxes.
///
/// @param grad_images  [B,C,H,W], zero at first
template <typename T>
void crop_backward_images(const CropSizes& sizes, const T* boxes, const int64_t* image_of_box,
                          const T* grad_patches, T* grad_images);

}  // namespace priorseg
