#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "verbs.h"

namespace priorseg::program {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kSecondsBetweenLines = 5;
constexpr double kSecondsBetweenFrames = 0.1;
constexpr int kBarWidth = 30;

std::string duration(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof(text), "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof(text), "%ld:%02ld", whole / 60, whole % 60);
  }
  return text;
}

/// One stage after the other; a change of stage starts the clock anew.
class Display {
 public:
  void show(const Progress& progress) {
    const auto now = Clock::now();
    if (progress.stage != stage_) {
      stage_ = progress.stage;
      start_ = now;
      first_done_ = progress.done;
      shown_ = {};
    }
    const bool finished = progress.done >= progress.total;
    const double pause = std::chrono::duration<double>(now - shown_).count();
    if (!finished && pause < (terminal_ ? kSecondsBetweenFrames : kSecondsBetweenLines)) return;
    shown_ = now;
    const double share =
        progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 1;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const auto finished_here = static_cast<double>(progress.done - first_done_);
    const double left = finished_here > 0
                            ? elapsed * static_cast<double>(progress.total - progress.done) / finished_here
                            : -1;
    std::string line = terminal_ ? bar(share) : "";
    char text[96];
    std::snprintf(text, sizeof(text), " %5.1f%% (%lld/%lld)", 100 * share,
                  static_cast<long long>(progress.done), static_cast<long long>(progress.total));
    line = progress.stage + line + text;
    for (const auto& [name, value] : progress.values) {
      std::snprintf(text, sizeof(text), "  %s %.4g", name.c_str(), value);
      line += text;
    }
    line += finished ? "  " + duration(elapsed) : left >= 0 ? "  " + duration(left) + " left" : "";
    if (terminal_) {
      std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), finished ? "\n" : "");
    } else {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
    std::fflush(stderr);
  }

 private:
  static std::string bar(double share) {
    const int filled = static_cast<int>(share * kBarWidth);
    return " [" + std::string(static_cast<size_t>(filled), '#') +
           std::string(static_cast<size_t>(kBarWidth - filled), '.') + "]";
  }

  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  std::string stage_;
  int64_t first_done_ = 0;
  Clock::time_point start_, shown_;
};

}  // namespace

ProgressCallback progress_display(const Shared& shared) {
  if (shared.quiet) return [](const Progress&) {};
  return [display = std::make_shared<Display>()](const Progress& progress) { display->show(progress); };
}

}  // namespace priorseg::program
