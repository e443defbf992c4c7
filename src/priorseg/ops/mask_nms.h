#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/ops/nms_rule.h"
#include "priorseg/ops/rasterize.h"

namespace priorseg {

/// Mask non-maximum suppression (paper, post-processing): an object of which more than `max_overlap` of ITS
/// OWN area is covered by another is kept only if its score is the highest of all those comparisons (equal
/// scores: the lower index wins; a score that is not a number is the lowest). Objects without pixels are
/// never kept. Uses the bounding boxes to compare neighbours only.
///
/// @param objects      pixels of each object in the image frame.
/// @param scores       one score an object.
/// @param max_overlap  share of the own area in [0,1], 0.1 in the paper.
/// @return             indices of the kept objects, best score first.
/// @throws Error if there is not one score an object or max_overlap is out of range.
std::vector<int64_t> mask_nms(const std::vector<ObjectPixels>& objects, const std::vector<float>& scores,
                              double max_overlap, NmsRule rule);

/// The same suppression while objects come in from the top of an image to its bottom: what is kept is exactly
/// what mask_nms keeps of all objects together. An object is settled as soon as no later object can overlap
/// it and every better object that shares a pixel with it is settled. Only unsettled objects are held.
class RunningMaskNms {
 public:
  static constexpr int64_t kAllRows = std::numeric_limits<int64_t>::max();

  /// An object that is kept.
  struct Kept {
    int64_t index = 0;  ///< in the order of all calls of add, from 0
    ObjectPixels object;
  };

  /// @param max_covered  share of its own area that better objects, none of which covers more than
  /// max_overlap,
  ///                     may cover together: a crowd that was taken for one object lies under its members.
  ///                     Pixels that two of them share count twice.
  /// @throws Error if max_overlap is out of range.
  RunningMaskNms(double max_overlap, NmsRule rule,
                 double max_covered = std::numeric_limits<double>::infinity());

  /// Adds objects and settles what can be settled.
  ///
  /// @param scores         one score an object.
  /// @param complete_rows  no object of a later call has a pixel above this row; kAllRows at the last call.
  /// @return  the objects that were settled and are kept, best score first. Where two objects share pixels,
  /// the
  ///          better one is never returned in a later call than the other.
  /// @throws Error if there is not one score an object.
  std::vector<Kept> add(std::vector<ObjectPixels> objects, const std::vector<float>& scores,
                        int64_t complete_rows);

  /// First row of the unsettled objects; kAllRows without any.
  int64_t first_unsettled_row() const;
  /// Index of the first unsettled object; the highest number without any.
  int64_t first_unsettled_index() const;

 private:
  struct Rival {
    int64_t index;
    double share;     // of the own area that it covers
    bool suppresses;  // covers more than max_overlap
  };
  struct Pending {
    ObjectPixels object;
    float score;
    std::vector<Rival> better;  // unsettled ones that share pixels
    bool is_suppressed = false;
    double covered = 0;  // by better ones that are kept
  };
  using Entry = std::pair<const int64_t, Pending>;

  void find_rivals(int64_t first_new);
  void compare(Entry& a, Entry& b);
  std::vector<Entry*> best_first();

  double max_overlap_;
  NmsRule rule_;
  double max_covered_;
  std::map<int64_t, Pending> pending_;  // by index
  int64_t next_index_ = 0;
};

}  // namespace priorseg
