#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/eval/overlaps.h"

namespace priorseg {

/// Two IoUs closer than this count as equal, so that an IoU of exactly one half reaches the threshold 0.5 and
/// one of 3/10 the threshold 0.3, which no double holds exactly.
constexpr double kIouTolerance = 1e-9;

/// A true and a predicted object that belong together.
struct MatchedPair {
  int64_t truth = 0;      ///< index into LabelOverlaps::truth_areas
  int64_t predicted = 0;  ///< index into LabelOverlaps::predicted_areas
  double iou = 0;         ///< >= the threshold
};

/// Matches true and predicted objects one to one. Of all pairs with IoU >= threshold it chooses as many as
/// possible, and of the choices with that many pairs the one with the greatest sum of IoU. Above 0.5 there is
/// only one choice.
///
/// @param threshold  IoU in (0,1].
/// @return           pairs sorted by truth.
/// @throws Error on a threshold outside (0,1].
std::vector<MatchedPair> match_objects(const LabelOverlaps& overlaps, double threshold);

/// The thresholds at which the greatest possible number of matched pairs drops by one, in descending order:
/// the number at a threshold t is the number of entries >= t. This describes AP(t) for every t at once.
std::vector<double> match_drops(const LabelOverlaps& overlaps);

}  // namespace priorseg
