#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "priorseg/core/observer.h"

namespace priorseg::program {

/// What the user sees on stderr, and how the user stops the program.
///
/// Progress is a bar with the time left on a terminal, elsewhere a plain line with a percentage every few
/// seconds ("train detector  42.0% (84/200)  loss 0.71  0:12 left"). Messages are lines
/// "priorseg: warning: ...". Ctrl-C, a termination or a lost connection asks the work to stop; a second one
/// ends the program at once.
class Terminal : public Observer {
 public:
  /// Begins to listen to signals. One terminal a program.
  Terminal();

  /// No progress from now on; messages stay.
  void set_quiet() { quiet_ = true; }

  void progress(const Progress& state) override;
  void message(MessageLevel level, const std::string& text) override;
  bool stop_requested() override;

  /// What the shell expects of a program that was stopped by the signal that came: 130 after Ctrl-C.
  static int exit_code_when_stopped();

 private:
  using Clock = std::chrono::steady_clock;
  void begin_stage(const Progress& state, Clock::time_point now);
  void show_line(const std::string& line, bool finished);

  const bool is_terminal_;
  bool quiet_ = false;
  std::mutex mutex_;  // messages come from several threads
  bool bar_is_open_ = false;
  std::string stage_;
  int64_t first_done_ = 0;
  Clock::time_point start_, shown_;
};

}  // namespace priorseg::program
