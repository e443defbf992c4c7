#include "terminal.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace priorseg::program {
namespace {

constexpr double kSecondsBetweenLines = 5;
constexpr double kSecondsBetweenFrames = 0.1;
constexpr int kBarWidth = 30;
constexpr int kStoppedBySignal = 128;  // plus the signal's number: the shells' convention

volatile std::sig_atomic_t signal_that_came = 0;

/// The first signal asks, the second one does not wait.
void take_signal(int signal) {
  if (signal_that_came != 0) _exit(kStoppedBySignal + signal);
  signal_that_came = signal;
}

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

std::string bar(double share) {
  const int filled = static_cast<int>(share * kBarWidth);
  return " [" + std::string(static_cast<size_t>(filled), '#') +
         std::string(static_cast<size_t>(kBarWidth - filled), '.') + "]";
}

std::string counts(const Progress& state, double share) {
  char text[96];
  std::snprintf(text, sizeof(text), " %5.1f%% (%lld/%lld)", 100 * share, static_cast<long long>(state.done),
                static_cast<long long>(state.total));
  std::string line = text;
  for (const auto& [name, value] : state.values) {
    std::snprintf(text, sizeof(text), "  %s %.4g", name.c_str(), value);
    line += text;
  }
  return line;
}

/// One line, whatever names and descriptions of files in it hold: a terminal obeys control characters.
std::string without_control_characters(const std::string& text) {
  std::string shown;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && byte != 0x7f) {
      shown += character;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\x%02X", byte);
      shown += escaped;
    }
  }
  return shown;
}

}  // namespace

Terminal::Terminal() : is_terminal_(::isatty(STDERR_FILENO) != 0) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // What the parent ignores (nohup) stays ignored.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = take_signal;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
}

bool Terminal::stop_requested() { return signal_that_came != 0; }

int Terminal::exit_code_when_stopped() { return kStoppedBySignal + static_cast<int>(signal_that_came); }

void Terminal::message(MessageLevel level, const std::string& text) {
  constexpr const char* kNames[] = {"info", "warning", "error"};
  constexpr const char* kColours[] = {"\033[32m", "\033[33m\033[1m", "\033[31m\033[1m"};
  const auto index = static_cast<size_t>(level);
  const std::string name =
      is_terminal_ ? std::string(kColours[index]) + kNames[index] + "\033[m" : kNames[index];
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "%spriorseg: %s: %s\n", bar_is_open_ ? "\r\033[K" : "", name.c_str(),
               without_control_characters(text).c_str());
  bar_is_open_ = false;
}

/// One stage after the other; a change of stage starts the clock anew.
void Terminal::begin_stage(const Progress& state, Clock::time_point now) {
  stage_ = state.stage;
  start_ = now;
  first_done_ = state.done;
  shown_ = {};
}

void Terminal::show_line(const std::string& line, bool finished) {
  if (is_terminal_) {
    std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), finished ? "\n" : "");
    bar_is_open_ = !finished;
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

void Terminal::progress(const Progress& state) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (state.stage != stage_) begin_stage(state, now);
  const bool finished = state.done >= state.total;
  const double pause = std::chrono::duration<double>(now - shown_).count();
  if (!finished && pause < (is_terminal_ ? kSecondsBetweenFrames : kSecondsBetweenLines)) return;
  shown_ = now;
  const double share =
      state.total > 0 ? static_cast<double>(state.done) / static_cast<double>(state.total) : 1;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const auto done_here = static_cast<double>(state.done - first_done_);
  std::string line = state.stage + (is_terminal_ ? bar(share) : "") + counts(state, share);
  if (finished) {
    line += "  " + duration(elapsed);
  } else if (done_here > 0) {
    line += "  " + duration(elapsed * static_cast<double>(state.total - state.done) / done_here) + " left";
  }
  show_line(line, finished);
}

}  // namespace priorseg::program
