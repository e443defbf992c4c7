#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/instances.h"
#include "priorseg/core/tensor.h"

namespace priorseg {

/// The pixels of one object: a bitmap at a place in the image.
struct ObjectPixels {
  int64_t x0 = 0, y0 = 0;         ///< top left pixel of the bitmap, px, inside the image
  int64_t height = 0, width = 0;  ///< of the bitmap, px; 0 x 0 for an object without pixels
  int64_t area = 0;               ///< number of set pixels
  std::vector<uint8_t> bits;      ///< row-major, height * width, 0 or 1
};

/// Brings every mask into the image frame by bilinear interpolation (as `stitch`) and keeps pixels whose
/// value reaches the threshold. The bitmap is cut to the set pixels inside the image. Work grows with the
/// area of the boxes.
///
/// Masks whose box covers no pixel, or has a number that is not finite, give an object without pixels.
///
/// @param instances  of one image, float32 on the CPU.
/// @param threshold  in (0,1), 0.5 in the paper.
/// @return           one entry an instance, in the same order.
/// @throws Error on a shape or dtype mismatch or a threshold out of range.
std::vector<ObjectPixels> rasterize(const Instances& instances, double threshold);

}  // namespace priorseg
