#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "priorseg/image/image_file.h"

namespace priorseg {

/// What an image file says about its pixels.
struct ImageFrame {
  int64_t channels = 1, height = 0, width = 0;  ///< 1 or 3 channels; px
  int bit_depth = 8;                            ///< 8, 16 or 32
  bool is_float = false;
  PixelSize pixel_size;

  /// Smallest step of the grey values: 1 for integers, 0 for floating point.
  double quantum() const { return is_float ? 0 : 1; }
};

/// Reads an image file in pieces, so that it may be larger than the memory. What read_image says about
/// formats and values holds here too.
///
/// Of a TIFF only the rows that are asked for are held, and one strip or tile beside them. Compressed strips
/// are decoded from their beginning: ask for rows from top to bottom. (A file that is a single compressed
/// strip is held compressed.) PNG, JPEG and BMP are read whole when the reader is made.
class ImageReader {
 public:
  /// @throws Error naming the file, what was found and what is expected.
  explicit ImageReader(const std::filesystem::path& path);
  ~ImageReader();

  const ImageFrame& frame() const;

  /// Rows `first` to `last` - 1 as [C,last-first,W] float32; 0 <= first < last <= height.
  /// @throws Error where they are out of range or the file is damaged.
  torch::Tensor read_rows(int64_t first, int64_t last);

 private:
  struct Source;
  std::unique_ptr<Source> source_;
};

}  // namespace priorseg
