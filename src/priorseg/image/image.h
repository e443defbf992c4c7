#pragma once

#include <cstdint>
#include <string>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// Physical size of a pixel as a TIFF file states it; zero where unknown.
struct PixelSize {
  double x_resolution = 0;  ///< pixels per unit
  double y_resolution = 0;  ///< pixels per unit
  int resolution_unit = 1;  ///< TIFF tag 296: 1 none, 2 inch, 3 centimetre
  std::string description;  ///< TIFF tag 270 (ImageJ or OME text), empty if none

  /// Micrometres from one pixel to the next, 0 where they are not known. The unit is that of an ImageJ text,
  /// or inch or centimetre.
  double um_per_pixel_x() const;
  double um_per_pixel_y() const;
};

/// Where a picture that is a part of another one, or a smaller copy, lies in the full picture.
struct PicturePlace {
  double x = 0, y = 0;              ///< of its upper left corner, px of the full picture
  double x_scale = 1, y_scale = 1;  ///< px of the full picture from one of its pixels to the next

  bool is_whole() const { return *this == PicturePlace{}; }
  bool operator==(const PicturePlace&) const = default;
};

/// What is known of an image beside its pixels.
struct ImageInfo {
  int64_t channels = 1, height = 0, width = 0;  ///< 1 or 3 channels; px
  int bit_depth = 8;                            ///< of the file: 8, 16 or 32
  double quantum = 1;  ///< smallest step of the grey values: 1 for integers, 0 for floating point
  PixelSize pixel_size;
  PicturePlace place;  ///< of a region or a level of a pyramid

  bool is_float() const { return quantum == 0; }
  /// Of the pixels, in the letters of OME: "YX" where there is one channel, else "CYX".
  std::string axes() const { return channels == 1 ? "YX" : "CYX"; }
};

/// An image in memory.
struct Image : ImageInfo {
  torch::Tensor pixels;  ///< [C,H,W] float32 with the file's own values (not scaled); C is 1 or 3

  Image() = default;
  /// An image of no file.
  /// @param pixels   [C,H,W] float32.
  /// @param quantum  see ImageInfo.
  /// @throws Error on another number of dimensions.
  Image(torch::Tensor pixels, double quantum);
  /// An image like another one, e.g. a part of it: the size is that of the pixels, the rest is taken over.
  Image(torch::Tensor pixels, const ImageInfo& like);
};

}  // namespace priorseg
