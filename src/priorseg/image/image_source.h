#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/image/packed_rows.h"
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

/// A window of rows that moves down an image: every row is read once, in order. Rows are held in the number
/// of bytes that their values need (PackedRows), and handed out as they were read.
class RollingRows {
 public:
  /// @param source  must live as long.
  /// @param first   row from which on rows are asked for.
  explicit RollingRows(const ImageSource& source, int64_t first = 0)
      : source_(source), first_(first), next_(first) {}

  const ImageInfo& info() const { return source_; }
  /// Reads on until all rows above `last` were read.
  void read_to(int64_t last);
  /// Rows of the image, [C,N,W] float32, read where they were not yet.
  /// @throws Error where rows were given up.
  torch::Tensor rows(RowRange wanted);
  /// A window of one channel, [N,M] float32.
  /// @throws Error unless its rows are held.
  torch::Tensor window(int64_t channel, const ImageWindow& wanted) const;
  /// @param to  gets `count` values of row `y`, which is held, from column `first` on.
  void copy(int64_t channel, int64_t y, int64_t first, int64_t count, float* to) const;
  /// Whether a channel is 0 in all of `wanted`, which are held.
  bool is_zero(int64_t channel, RowRange wanted) const;
  /// Rows above `first` are not needed any more.
  void forget(int64_t first);

 private:
  struct Piece {
    RowRange rows;
    std::vector<PackedRows> channels;
  };
  void check_held(RowRange wanted) const;
  std::deque<Piece>::const_iterator piece_of(int64_t y) const;

  const ImageSource& source_;
  int64_t first_, next_;
  std::deque<Piece> held_;  // rows from first_ to next_ - 1, and a few above
};

}  // namespace priorseg
