#pragma once

#include <cstdint>

namespace priorseg {

/// What the inner loops of roi_align need to know. Arrays are contiguous.
struct RoiAlignSizes {
  int64_t num_images, channels, height, width;  ///< of the feature maps
  int64_t num_regions;
  int64_t out_height, out_width;
  double scale;     ///< feature px per image px
  int64_t samples;  ///< a side of an output cell; 0 = as many as the cell has feature px
  bool aligned;
};

/// @param features         [B,C,H,W]
/// @param regions          [N,4] corners
/// @param image_of_region  [N] in [0,B)
/// @param pooled           [N,C,out_height,out_width], overwritten
template <class T>
void roi_align_forward(const RoiAlignSizes& sizes, const T* features, const T* regions,
                       const int64_t* image_of_region, T* pooled);

/// The transposed map. Threads share the channels, so that no two write to one feature map: the sum of a
/// pixel has the same order whatever the number of threads.
///
/// @param grad_pooled    [N,C,out_height,out_width]
/// @param grad_features  [B,C,H,W], added to
template <class T>
void roi_align_backward(const RoiAlignSizes& sizes, const T* regions, const int64_t* image_of_region,
                        const T* grad_pooled, T* grad_features);

}  // namespace priorseg
