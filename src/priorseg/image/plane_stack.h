#pragma once

#include <cstdint>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/image/image_structure.h"
#include "priorseg/image/pixel_region.h"

namespace priorseg {

/// Height and width, px.
struct PictureSize {
  int64_t height = 0, width = 0;
};

/// The planes of one image, at one level of its pyramid, that are read in pieces: a format of files.
class PlaneStack {
 public:
  virtual ~PlaneStack() = default;

  virtual const ImageStructure& structure() const = 0;
  /// Of a plane: 3 channels where there are colours, else 1.
  virtual const ImageInfo& info() const = 0;
  /// Of the full picture, which info() tells where there is no smaller level.
  virtual PictureSize full_size() const { return {info().height, info().width}; }
  /// A part of a plane, [C,height,width] float32 with the values of the file.
  /// @param colour  0 to 2 of a colour picture alone; -1: all.
  /// @param region  inside the plane, not empty.
  virtual torch::Tensor read(const PlanePosition& position, int64_t colour, const PixelRegion& region) = 0;
};

}  // namespace priorseg
