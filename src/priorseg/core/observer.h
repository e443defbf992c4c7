#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace priorseg {

/// How far a long computation is.
struct Progress {
  std::string stage;                                   ///< e.g. "train prior"
  int64_t done = 0;                                    ///< units finished
  int64_t total = 0;                                   ///< units in all
  std::vector<std::pair<std::string, double>> values;  ///< figures worth showing, e.g. {"loss", 0.7}
};

/// How much a message matters to a user.
enum class MessageLevel {
  kInfo,     ///< what was chosen, found or written
  kWarning,  ///< what was guessed, left out or looks wrong
  kError     ///< what failed, while the rest goes on
};

/// Thrown where a computation ends because its observer asked for it. What was written until then can be gone
/// on from. It is no std::exception, so that what handles failures lets it pass.
struct Stopped {};

/// Who watches a long computation, and may end it. The library never prints: it tells its observer, and the
/// program, a window or a notebook shows it. This class itself listens to nothing and never stops anything.
///
/// message() and stop_requested() may be called from several threads at the same time, progress() from one at
/// a time.
class Observer {
 public:
  virtual ~Observer() = default;

  virtual void progress(const Progress&) {}
  /// @param text  one line.
  virtual void message(MessageLevel, const std::string& /*text*/) {}
  /// Asked often, between steps of at most a fraction of a second; once true it has to stay true.
  virtual bool stop_requested() { return false; }

  void info(const std::string& text) { message(MessageLevel::kInfo, text); }
  void warn(const std::string& text) { message(MessageLevel::kWarning, text); }
  void error(const std::string& text) { message(MessageLevel::kError, text); }
  /// @throws Stopped where the computation is to end.
  void check_stop() {
    if (stop_requested()) throw Stopped();
  }
};

/// An observer for whom it may concern: default of long functions.
Observer& nobody();

}  // namespace priorseg
