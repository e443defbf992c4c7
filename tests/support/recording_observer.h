#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/observer.h"

namespace priorseg::test {

/// Keeps what it is told, and stops the work when the test says so.
class RecordingObserver : public Observer {
 public:
  RecordingObserver() = default;
  /// @param stop_at  asked with the number of the question, from 0 on; from the first true on all is stopped.
  explicit RecordingObserver(std::function<bool(int64_t)> stop_at) : stop_at_(std::move(stop_at)) {}

  void progress(const Progress& state) override { reports.push_back(state); }
  void message(MessageLevel level, const std::string& text) override {
    const std::lock_guard lock(mutex_);
    messages.emplace_back(level, text);
  }
  bool stop_requested() override {
    const int64_t question = questions++;
    if (stop_at_ && stop_at_(question)) stopped = true;
    return stopped;
  }

  /// All messages, a line each.
  std::string text() const {
    std::string lines;
    for (const auto& [level, line] : messages) lines += line + "\n";
    return lines;
  }

  std::vector<Progress> reports;
  std::vector<std::pair<MessageLevel, std::string>> messages;
  std::atomic<int64_t> questions = 0;
  std::atomic<bool> stopped = false;

 private:
  std::function<bool(int64_t)> stop_at_;
  std::mutex mutex_;
};

}  // namespace priorseg::test
