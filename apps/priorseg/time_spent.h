#pragma once

#include <chrono>
#include <filesystem>

#include "priorseg/core/progress.h"

namespace priorseg::program {

/// The time that a training took, over interruptions: a file keeps what was spent so far.
class TimeSpent {
 public:
  /// Goes on from the file, if there is one. @param restart  begin at 0.
  TimeSpent(std::filesystem::path file, bool restart);

  /// The clock begins to run. Passes progress on, and brings the file up to date every few seconds.
  ProgressCallback watching(const ProgressCallback& progress);

  void save();
  /// What stood in the file after the last save().
  double saved_seconds() const { return saved_seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::filesystem::path file_;
  double before_ = 0, saved_seconds_ = 0;
  Clock::time_point start_ = Clock::now(), saved_ = start_;
};

}  // namespace priorseg::program
