#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// An object through time, in the form of the Cell Tracking Challenge: it is there in every frame from the
/// first to the last.
struct Track {
  int32_t number = 0;           ///< from 1 on
  int64_t first = 0, last = 0;  ///< frames
  int32_t parent = 0;           ///< number of the track that divided into this one and others; 0 = none
};

/// Links the objects of a film from frame to frame, in this order:
/// 1. by overlap: pairs with the largest IoU first, one to one;
/// 2. by distance: of those left, the nearest pairs of centres first, as far as their distance is at most the
///    mean diameter of the two (of disks of equal area);
/// 3. divisions: an object that is left, at least half of which lies on an object of the frame before whose
///    successor lies there by at least half, too, is its daughter, and that successor is another one.
/// It knows neither speed nor looks, and bridges no frame in which an object was not found: a simple linker,
/// for films in which objects move by less than their size between frames.
class FrameLinker {
 public:
  /// The next frame. Where its number does not follow that of the frame before, all tracks end.
  /// @param labels  [H,W] int32, >= 0, of the same size in every frame.
  /// @return        the track of label l at entry l; 0 at entry 0, and where a label has no pixel.
  /// @throws Error on another shape or dtype.
  std::vector<int32_t> add(const torch::Tensor& labels, int64_t frame);

  /// Every track so far, by number.
  const std::vector<Track>& tracks() const { return tracks_; }

 private:
  struct Object {
    double area = 0, x = 0, y = 0;  // px; centre
    int32_t track = 0;
  };
  struct Pair {
    int32_t before = 0, now = 0;  // labels
    double measure = 0;           // larger is better
  };

  static std::vector<Object> objects_of(const torch::Tensor& labels);
  std::vector<Pair> overlaps_with(const torch::Tensor& labels) const;
  std::vector<Pair> near_pairs(const std::vector<Object>& now, const std::vector<bool>& is_continued) const;
  void link_divisions(const std::vector<Pair>& overlaps, std::vector<Object>& now, int64_t frame);
  int32_t begin_track(int64_t frame, int32_t parent);

  torch::Tensor labels_;         // of the frame before
  std::vector<Object> objects_;  // likewise, by label
  int64_t frame_ = 0;
  std::vector<Track> tracks_;
};

}  // namespace priorseg
