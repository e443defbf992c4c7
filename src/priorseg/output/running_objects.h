#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/ops/rasterize.h"

namespace priorseg {

/// Takes the rows of a label map from top to bottom and hands over the pixels of each object as soon as it is
/// whole. It holds only the objects that are not, so that memory does not grow with the number of rows.
class RunningObjects {
 public:
  /// Gets one object after the other; its bitmap is tight.
  using Take = std::function<void(int32_t label, const ObjectPixels& object)>;

  /// @param width  of the image, px.
  RunningObjects(int64_t width, Take take);

  /// The next rows. Objects that do not reach the last of them are whole.
  /// @param labels  [N,W] int32, 0 = background.
  /// @throws Error on another shape or dtype, a negative label, or one that comes again after it was handed
  ///         over: connected parts (RunningLabelMap) do not, nor does anything in a label map that is given
  ///         in one piece.
  void add_rows(const torch::Tensor& labels);
  /// Before the first row of a picture behind another one; its labels go on.
  void begin_picture();
  /// After the last row.
  void finish();

 private:
  /// Neighbouring pixels of one row: columns `first` to `last` - 1.
  struct Run {
    int64_t y, first, last;
  };

  void add_row(const int32_t* labels);
  void close_objects_above(int64_t row);

  int64_t width_, next_row_ = 0;
  Take take_;
  std::unordered_map<int32_t, std::vector<Run>> open_;
  std::vector<bool> is_closed_;  // by label
};

}  // namespace priorseg
