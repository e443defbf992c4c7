#include "priorseg/detector/outline_draft.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "priorseg/detector/outline_quality.h"

namespace priorseg {

OutlinedObjects without_doubtful(OutlinedObjects all, const LeastChance& least) {
  if (least.chance <= 0 || all.signs.empty()) return all;
  std::vector<int64_t> kept;
  OutlinedObjects result;
  for (size_t i = 0; i < all.signs.size(); ++i) {
    auto& object = all.found.objects[i];
    const double diameter = 2 * std::sqrt(static_cast<double>(object.area) / std::numbers::pi);
    const double chance = chance_of_match(quality_of_outline(all.signs[i]), diameter / least.usual_diameter);
    if (chance < least.chance) continue;
    kept.push_back(static_cast<int64_t>(i));
    result.found.objects.push_back(std::move(object));
    result.signs.push_back(all.signs[i]);
  }
  result.found.instances = all.found.instances.select(torch::tensor(kept, torch::kInt64));
  return result;
}

FoundRows OutlineDraft::at(double border_level) const {
  const bool stay = border_level <= 0;
  auto outlines = outlines_.at_level(stay ? 0 : std::clamp(border_level + threshold_surplus_, 0.05, 0.95));
  FoundRows piece = piece_;
  auto outlined =
      without_doubtful(outlines.add(piece_.found, OpenOutlines::kAllRows, known_grey_of(clean_)), least_);
  piece.found = std::move(outlined.found);
  piece.signs = std::move(outlined.signs);
  return piece;
}

}  // namespace priorseg
