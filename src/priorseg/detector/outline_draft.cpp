#include "priorseg/detector/outline_draft.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

namespace priorseg {

FoundRows OutlineDraft::at(double border_level) const {
  const bool stay = border_level <= 0;
  auto outlines = outlines_.at_level(stay ? 0 : std::clamp(border_level + threshold_surplus_, 0.05, 0.95));
  FoundRows piece = piece_;
  auto outlined = outlines.add(piece_.found, OpenOutlines::kAllRows, clean_, piece_.rows);
  piece.found = std::move(outlined.found);
  piece.signs = std::move(outlined.signs);
  return piece;
}

}  // namespace priorseg
