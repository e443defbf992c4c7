#pragma once

#include <array>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// Resizes one grey image: area averaging where it shrinks (so that noise falls as with binning), bilinear
/// where it grows.
///
/// @param grey  [H,W] float32.
/// @param size  {height, width} of the result, >= 1.
torch::Tensor resize_image(const torch::Tensor& grey, std::array<int64_t, 2> size);

/// A range of rows, `first` to `last` - 1.
struct RowRange {
  int64_t first = 0, last = 0;
};

/// A rectangle of an image, or of the grid that a network lays over it.
struct ImageWindow {
  RowRange rows;
  RowRange columns;  ///< likewise a range

  int64_t height() const { return rows.last - rows.first; }
  int64_t width() const { return columns.last - columns.first; }
};

/// The rows of an image of `height` rows that rows `wanted` of its copy with `new_height` rows are made of.
RowRange source_rows(int64_t height, int64_t new_height, RowRange wanted);

/// The window of an image that a window of its resized copy is made of.
/// @param whole  {height, width} of the image.
/// @param size   {height, width} of the copy, >= 1.
ImageWindow source_window(std::array<int64_t, 2> whole, std::array<int64_t, 2> size,
                          const ImageWindow& wanted);

/// A window of what resize_image makes of a whole image (but for rounding), from a window of its pixels. A
/// pixel of the result is the same to the bit whatever the windows.
///
/// @param pixels  [N,M] float32: window `source` of the image, at least source_window().
/// @param whole   {height, width} of the image.
/// @param size    {height, width} of the whole result, >= 1.
/// @return        [N,M] float32: window `wanted` of the result.
/// @throws Error where rows or columns are missing.
torch::Tensor resize_window(const torch::Tensor& pixels, const ImageWindow& source,
                            std::array<int64_t, 2> whole, std::array<int64_t, 2> size,
                            const ImageWindow& wanted);

/// The same of whole rows.
/// @param rows    [N,W] float32: rows `source` of the image, at least source_rows().
/// @param height  of the whole image.
torch::Tensor resize_rows(const torch::Tensor& rows, RowRange source, int64_t height,
                          std::array<int64_t, 2> size, RowRange wanted);

/// Pads a grey image by mirroring at its edges, any amount: an object cut by the border becomes a whole one.
///
/// @param grey  [H,W] float32, not empty.
/// @return      [H + top + bottom, W + left + right].
torch::Tensor pad_mirrored(const torch::Tensor& grey, int64_t top, int64_t bottom, int64_t left,
                           int64_t right);

}  // namespace priorseg
