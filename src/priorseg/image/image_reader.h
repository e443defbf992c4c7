#pragma once

#include <cstdint>
#include <memory>

#include "priorseg/image/image.h"
#include "priorseg/image/image_input.h"
#include "priorseg/image/image_source.h"

namespace priorseg {

/// Reads an image file in pieces, so that it may be larger than the memory. What read_image says about
/// formats and values holds here too.
///
/// Of a TIFF only the rows that are asked for are held, and one strip or tile beside them. Compressed strips
/// are decoded from their beginning: ask for rows from top to bottom. (A file that is a single compressed
/// strip is held compressed.) PNG, JPEG and BMP are read whole when the reader is made. Of an image in memory
/// the pixels are shared.
class ImageReader {
 public:
  /// @throws Error naming the file, what was found and what is expected.
  explicit ImageReader(const ImageInput& image);
  ~ImageReader();

  const ImageInfo& info() const;

  /// Rows `first` to `last` - 1 as [C,last-first,W] float32; 0 <= first < last <= height.
  /// @throws Error where they are out of range or the file is damaged.
  torch::Tensor read_rows(int64_t first, int64_t last);

  /// The whole image.
  Image read();
  /// The image for functions that read it in pieces; to be used as long as this reader is there.
  ImageSource source();

 private:
  struct Source;
  std::unique_ptr<Source> source_;
};

}  // namespace priorseg
