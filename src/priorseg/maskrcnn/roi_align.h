#pragma once

#include <torch/types.h>

#include <cstdint>

namespace priorseg {

/// How roi_align samples.
struct RoiAlignOptions {
  int64_t height = 7, width = 7;  ///< cells of the result
  double scale = 1;               ///< feature px per image px, e.g. 0.25
  int64_t samples = 2;            ///< a side of a cell; 0 = as many as the cell has feature px, rounded up
  /// True: coordinates follow the pixel convention of this project, the centre of the first pixel is at 0.5.
  /// False: it is at 0, and regions are at least one feature px wide (He et al. 2017, torchvision's default).
  bool aligned = false;
};

/// Cuts regions out of feature maps at a fixed size: each cell is the mean of bilinear samples at regular
/// places (RoIAlign; He et al. 2017, section 3). Samples more than one px outside the map are 0, those nearer
/// take the border's value. Agrees with torchvision.ops.roi_align. Differentiable in `features`, once.
///
/// @param features         [B,C,H,W] float32 or float64, any device.
/// @param regions          [N,4] corners (x1, y1, x2, y2) in image px, dtype of `features`, on the CPU; no
/// derivative.
/// @param image_of_region  [N] int64 in [0,B), on the CPU.
/// @return                 [N,C,height,width], on the device of `features`.
/// @throws Error on a wrong shape or dtype, or an image out of range.
torch::Tensor roi_align(const torch::Tensor& features, const torch::Tensor& regions,
                        const torch::Tensor& image_of_region, const RoiAlignOptions& options);

}  // namespace priorseg
