#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// How the objects of two label maps of one image overlap. Objects are numbered by ascending label, from 0.
/// Only pairs that share a pixel are kept, so that thousands of objects need no matrix.
struct LabelOverlaps {
  struct Pair {
    int64_t truth = 0;         ///< index into truth_areas
    int64_t predicted = 0;     ///< index into predicted_areas
    int64_t intersection = 0;  ///< shared pixels, > 0
  };
  std::vector<int32_t> truth_labels;      ///< ascending, without 0
  std::vector<int32_t> predicted_labels;  ///< ascending, without 0
  std::vector<int64_t> truth_areas;       ///< px, one per truth label
  std::vector<int64_t> predicted_areas;   ///< px, one per predicted label
  std::vector<Pair> pairs;                ///< sorted by truth, then predicted

  int64_t num_truth() const { return static_cast<int64_t>(truth_areas.size()); }
  int64_t num_predicted() const { return static_cast<int64_t>(predicted_areas.size()); }
  /// Pixels that belong to at least one of the two objects.
  int64_t union_area(const Pair& pair) const {
    return truth_areas[pair.truth] + predicted_areas[pair.predicted] - pair.intersection;
  }
  /// Intersection over union, in (0,1].
  double iou(const Pair& pair) const {
    return static_cast<double>(pair.intersection) / static_cast<double>(union_area(pair));
  }
};

/// Counts areas and overlaps of two label maps of one image.
///
/// @param truth, predicted  [H,W] int32 on the CPU, 0 = background, every other value one object. Labels need
/// not be
///                          consecutive, and an object need not be connected.
/// @throws Error where a map is not [H,W] int32 or the two differ in size.
LabelOverlaps count_overlaps(const torch::Tensor& truth, const torch::Tensor& predicted);

/// Drops the objects that lie wholly within `margin` pixels of the image border, as the Cell Tracking
/// Challenge does with its field of interest. Objects that reach further inside stay whole.
///
/// @param labels  [H,W] int32 on the CPU.
/// @param margin  px, >= 0; 0 keeps everything.
/// @return        [H,W] int32, a new tensor unless margin is 0.
/// @throws Error where `labels` is not [H,W] int32, or the margin is negative or leaves no field.
torch::Tensor drop_objects_at_border(const torch::Tensor& labels, int64_t margin);

}  // namespace priorseg
