#include "interruptible.h"

#include <utility>

namespace priorseg::python {
namespace nb = nanobind;
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};

const char* name_of(MessageLevel level) {
  switch (level) {
    case MessageLevel::kInfo:
      return "info";
    case MessageLevel::kWarning:
      return "warning";
    case MessageLevel::kError:
      break;
  }
  return "error";
}

void check_signals() {
  if (PyErr_CheckSignals() != 0) nb::raise_python_error();
}

}  // namespace

void MessageQueue::progress(const Progress& state) {
  const std::lock_guard lock(mutex_);
  // Of a stage only the last state matters to whoever looks 20 times a second.
  if (!events_.empty()) {
    if (auto* last = std::get_if<Progress>(&events_.back()); last && last->stage == state.stage) {
      *last = state;
      return;
    }
  }
  events_.emplace_back(state);
}

void MessageQueue::message(MessageLevel level, const std::string& text) {
  const std::lock_guard lock(mutex_);
  events_.emplace_back(Message{level, text});
}

bool MessageQueue::stop_requested() { return stopped_; }

void MessageQueue::deliver(const Listeners& listeners) {
  check_signals();
  std::deque<Event> events;
  {
    const std::lock_guard lock(mutex_);
    events.swap(events_);
  }
  for (const auto& event : events) {
    if (const auto* state = std::get_if<Progress>(&event)) {
      if (listeners.progress.is_none()) continue;
      nb::dict values;
      for (const auto& [name, value] : state->values) values[name.c_str()] = value;
      listeners.progress(state->stage, state->done, state->total, values);
    } else if (!listeners.message.is_none()) {
      const auto& message = std::get<Message>(event);
      // A path in it may be of any bytes.
      const auto text = nb::steal<nb::object>(PyUnicode_DecodeUTF8(
          message.text.data(), static_cast<Py_ssize_t>(message.text.size()), "backslashreplace"));
      listeners.message(name_of(message.level), text);
    }
  }
}

bool MessageQueue::wait_for_end() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kBetweenLooks, [&] { return ended_; });
}

void MessageQueue::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void run_interruptibly(const Listeners& listeners, const std::function<void(Observer&)>& work) {
  MessageQueue queue;
  std::exception_ptr failure, raised;
  const auto deliver = [&] {
    if (raised) return;  // the first one counts
    try {
      queue.deliver(listeners);
    } catch (...) {
      raised = std::current_exception();
      queue.stop();
    }
  };
  std::thread worker([&] {
    try {
      work(queue);
    } catch (...) {
      failure = std::current_exception();
    }
    queue.end();
  });
  for (bool ended = false; !ended;) {
    {
      const nb::gil_scoped_release released;
      ended = queue.wait_for_end();
      if (ended) worker.join();
    }
    deliver();
  }
  if (raised) std::rethrow_exception(raised);
  if (failure) std::rethrow_exception(failure);
}

bool SignalWatch::stop_requested() {
  if (raised_) return true;
  const auto now = std::chrono::steady_clock::now();
  if (std::this_thread::get_id() != thread_ || now - last_look_ < kBetweenLooks) return false;
  last_look_ = now;
  const nb::gil_scoped_acquire held;
  try {
    check_signals();
  } catch (...) {
    raised_ = std::current_exception();
  }
  return raised_ != nullptr;
}

}  // namespace priorseg::python
