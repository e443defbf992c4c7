#pragma once

#include <chrono>
#include <filesystem>

#include "priorseg/core/observer.h"

namespace priorseg {

/// The time that a training took, over interruptions: a file keeps what was spent so far. Stands between the
/// training and its observer.
class TimeSpent : public Observer {
 public:
  /// The clock begins to run; it goes on from the file, if there is one.
  /// @param restart  begin at 0.
  TimeSpent(std::filesystem::path file, bool restart, Observer& observer);

  /// Passes it on, and brings the file up to date every few seconds.
  void progress(const Progress& state) override;
  void message(MessageLevel level, const std::string& text) override { observer_.message(level, text); }
  bool stop_requested() override { return observer_.stop_requested(); }

  void save();
  /// What stood in the file after the last save().
  double saved_seconds() const { return saved_seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::filesystem::path file_;
  Observer& observer_;
  double before_ = 0, saved_seconds_ = 0;
  Clock::time_point start_ = Clock::now(), saved_ = start_;
};

}  // namespace priorseg
