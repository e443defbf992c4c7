#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/ops/rasterize.h"

namespace priorseg {

/// A label map and where its labels come from.
struct LabelMap {
  torch::Tensor labels;                  ///< [H,W] int32, 0 = background, labels 1, 2, ... without a gap
  std::vector<int64_t> object_of_label;  ///< entry l - 1: which input object became label l
};

/// Draws objects into one label map. Where two overlap, the earlier one keeps the pixel. Each label is one
/// 4-connected part: of an object that is cut, or was never whole, only its largest part stays (equal parts:
/// the upper left one). An object without a pixel left gets no label, and the next one takes its number.
///
/// @param objects  best score first, as mask_nms orders them; inside the image.
/// @param height   of the image, px, > 0.
/// @param width    of the image, px, > 0.
/// @throws Error where an object reaches over the image or its bitmap has another size than it says.
LabelMap compose_label_map(const std::vector<ObjectPixels>& objects, int64_t height, int64_t width);

/// The same from top to bottom: rows that no later object reaches are taken away, so that the label map need
/// not be held whole.
class RunningLabelMap {
 public:
  /// @param height, width  of the image, px, > 0.
  RunningLabelMap(int64_t height, int64_t width);

  /// Draws further objects over those drawn so far.
  /// @return  indices in `objects` of those that got a label; the labels go on from the last one.
  /// @throws Error as compose_label_map, or where an object reaches into rows that were taken.
  std::vector<int64_t> add(const std::vector<ObjectPixels>& objects);

  /// The rows from the last ones taken up to `last` - 1, [N,W] int32.
  torch::Tensor take_rows(int64_t last);

  int64_t num_labels() const { return num_labels_; }
  int64_t rows_taken() const { return first_row_; }

 private:
  void hold_rows(int64_t last);

  int64_t height_, width_, first_row_ = 0, num_labels_ = 0;
  torch::Tensor rows_;  // from first_row_ on, as far as objects reach
};

}  // namespace priorseg
