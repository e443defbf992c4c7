#pragma once

#include <torch/types.h>

#include <vector>

#include "priorseg/ops/rasterize.h"

namespace priorseg {

/// How suppressed objects take part in non-maximum suppression.
enum class NmsRule {
  kPaper,   ///< to the letter: a suppressed object still suppresses others
  kGreedy,  ///< best first: only kept objects suppress others
};

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

}  // namespace priorseg
