#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "priorseg/core/observer.h"

namespace priorseg {

/// Runs one long work at a time on a thread of its own and holds what is known of it, for any number of pages
/// that look at it: each asks for what it has not seen yet, so that a page that comes late or loses its
/// connection ends with the same as all others.
class JobBoard : public Observer {
 public:
  explicit JobBoard(int64_t threads) : threads_(threads) {}
  ~JobBoard() override;

  /// @param kind  what is done, for the page: "look", "learn", ...
  /// @param work  gets this board as its observer; an exception becomes the failure of the job.
  /// @throws Error where a job runs.
  void start(const std::string& kind, std::function<void()> work);
  bool is_running() const;
  /// Asks the job to end.
  void stop();
  /// For a job that goes on with something else after it was stopped.
  void go_on() { stop_requested_ = false; }
  /// Waits for the end of the job.
  void wait();

  void progress(const Progress& state) override;
  void message(MessageLevel level, const std::string& text) override;
  bool stop_requested() override { return stop_requested_; }

  /// The name of a picture that shows how far the training is.
  void add_preview(const std::string& name);
  /// Something that pages show has changed: "state", or "edit:<image>".
  void touch(const std::string& what);

  /// What a page has seen.
  struct Cursor {
    uint64_t version = 0, job = 0;
    size_t losses = 0, messages = 0, previews = 0;
  };
  /// Waits until there is something that `seen` lacks, or for `timeout`.
  /// @return  it, and `seen` moves on; null where there is nothing new.
  nlohmann::json news(Cursor& seen, std::chrono::milliseconds timeout);
  /// Wakes all who wait for news; from now on there is none.
  void close();
  bool is_closed() const { return closed_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Loss {
    std::string stage;
    int64_t step;
    double loss;
  };
  void run(const std::function<void()>& work);
  void changed() {  // with mutex_ held
    ++version_;
    news_.notify_all();
  }
  nlohmann::json describe(Cursor& seen) const;

  const int64_t threads_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::thread thread_;
  std::atomic<bool> stop_requested_ = false, closed_ = false;
  uint64_t version_ = 1, job_ = 0;
  bool running_ = false;
  std::string kind_, failure_, stage_;
  bool stopped_ = false;
  int64_t done_ = 0, total_ = 0, first_done_ = 0;
  Clock::time_point stage_start_, job_start_, job_end_;
  std::vector<Loss> losses_;
  std::vector<std::pair<MessageLevel, std::string>> messages_;
  std::vector<std::string> previews_;
  std::map<std::string, uint64_t> touched_;
};

}  // namespace priorseg
