#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>

#include "priorseg/image/resample.h"

namespace priorseg {

/// An image that is read in pieces: from a file, or from memory.
struct ImageSource {
  int64_t channels = 1, height = 0, width = 0;
  double quantum = 1;  ///< smallest step of the grey values, 1 for integers, 0 for floating point
  /// Rows `first` to `last` - 1 as [C,last-first,W] float32, values of the file.
  std::function<torch::Tensor(int64_t first, int64_t last)> read;
};

/// @param pixels  [C,H,W] float32.
ImageSource source_of(const torch::Tensor& pixels, double quantum);

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
