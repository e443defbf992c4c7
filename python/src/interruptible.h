#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>

#include "priorseg/core/observer.h"

namespace priorseg::python {

/// What Python's callables are told of a long computation; None where nobody listens.
struct Listeners {
  nanobind::object progress;  ///< progress(stage, done, total, values)
  nanobind::object message;   ///< message(level, text), level "info", "warning" or "error"
};

/// Carries what a computation tells to the thread that called it, which holds the interpreter, and the wish
/// to stop back.
class MessageQueue : public Observer {
 public:
  void progress(const Progress& state) override;
  void message(MessageLevel level, const std::string& text) override;
  bool stop_requested() override;

  /// Ends the computation at its next question.
  void stop() { stopped_ = true; }
  /// Calls the listeners. The interpreter is held.
  /// @throws nanobind::python_error where a listener raises, or a signal's handler (Ctrl-C).
  void deliver(const Listeners& listeners);
  /// Returns after a moment, or as soon as end() was called.
  /// @return  true where it was.
  bool wait_for_end();
  void end();

 private:
  struct Message {
    MessageLevel level;
    std::string text;
  };
  using Event = std::variant<Progress, Message>;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
  std::atomic<bool> stopped_ = false;
  bool ended_ = false;
};

/// Runs `work(observer)` on a thread of its own, without the interpreter, while the calling thread delivers
/// what it tells and looks for signals: also where the computation itself uses many threads, Ctrl-C ends it
/// at its next step and callables run on the thread that called.
/// @throws what `work` threw; nanobind::python_error as MessageQueue::deliver.
void run_interruptibly(const Listeners& listeners, const std::function<void(Observer&)>& work);

/// The same with a result.
template <class Work>
auto interruptibly(const Listeners& listeners, const Work& work) {
  std::optional<decltype(work(nobody()))> result;
  run_interruptibly(listeners, [&](Observer& observer) { result.emplace(work(observer)); });
  return std::move(*result);
}

/// Looks for signals from within a short computation on the calling thread, which has released the
/// interpreter.
class SignalWatch : public Observer {
 public:
  bool stop_requested() override;
  /// @throws nanobind::python_error where a signal's handler raised. The interpreter is held.
  void rethrow() {
    if (raised_) std::rethrow_exception(raised_);
  }

 private:
  std::thread::id thread_ = std::this_thread::get_id();
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
  std::exception_ptr raised_;
};

}  // namespace priorseg::python
