#pragma once

#include <filesystem>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/eval/label_files.h"
#include "priorseg/eval/report.h"
#include "priorseg/image/label_parts.h"

namespace priorseg {

/// Scores label maps against true ones. A broken file is reported and told in the result; the others are
/// scored.
/// @param field_of_interest  px, see drop_objects_at_border().
/// @param split              what to do with masks.
ScoreReport score_images(const std::vector<LabelFilePair>& pairs, int64_t field_of_interest,
                         Observer& observer, LabelSplit split = LabelSplit::kRefuseMasks);

}  // namespace priorseg
