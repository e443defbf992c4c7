#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/image/resample.h"

namespace priorseg {

/// An image that is read in pieces: from a file, or from memory.
struct ImageSource : ImageInfo {
  /// Rows `first` to `last` - 1 as [C,last-first,W] float32, values of the file.
  using ReadRows = std::function<torch::Tensor(int64_t first, int64_t last)>;
  ReadRows read;

  ImageSource(const ImageInfo& info, ReadRows read_rows) : ImageInfo(info), read(std::move(read_rows)) {}
  /// The rows of an image in memory: wherever pieces are asked for, a whole image may be given.
  ImageSource(const Image& image)  // NOLINT(google-explicit-constructor)
      : ImageSource(image, [pixels = image.pixels](int64_t first, int64_t last) {
          return pixels.slice(1, first, last);
        }) {}
};

/// A window of rows that moves down an image: every row is read once, in order.
class RollingRows {
 public:
  explicit RollingRows(const ImageSource& source) : source_(source) {}

  /// Rows of the image, [C,N,W] float32; none above the last forget().
  torch::Tensor rows(RowRange wanted);
  /// Rows above `first` are not needed any more.
  void forget(int64_t first);

 private:
  const ImageSource& source_;
  torch::Tensor held_;  // [C,N,W], from first_ on
  int64_t first_ = 0;
};

}  // namespace priorseg
