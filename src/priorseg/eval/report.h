#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/eval/scores.h"

namespace priorseg {

/// One image of an evaluation.
struct ImageScores {
  std::string name;
  std::filesystem::path predicted;
  std::filesystem::path truth;
  Tally tally;
};

/// An evaluation of many images, from which table, JSON and CSV are written.
struct ScoreReport {
  std::vector<ImageScores> images;
  std::vector<std::pair<std::string, std::string>>
      failed;                                   ///< name and reason of images that could not be scored
  std::vector<std::filesystem::path> unpaired;  ///< predictions without truth, ignored
  int64_t field_of_interest = 0;                ///< px, see drop_objects_at_border()

  Tally pooled() const;
  Figures averaged() const;
};

/// A table for people, lines of text: averaged and pooled figures side by side, a dash where a figure is not
/// defined.
std::string score_table(const ScoreReport& report);

/// Everything as JSON: settings, averaged and pooled figures, every image with its counts. A figure that is
/// not defined is null. docs/user/metrics.md lists the keys.
std::string score_json(const ScoreReport& report);

/// One line an image, with a header line; a figure that is not defined is an empty cell.
std::string score_csv(const ScoreReport& report);

}  // namespace priorseg
