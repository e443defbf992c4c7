#include "priorseg/studio/job_board.h"

#include <ATen/Parallel.h>

#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {

JobBoard::~JobBoard() {
  close();
  stop();
  wait();
}

void JobBoard::start(const std::string& kind, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (running_) throw Error("'" + kind_ + "' is still at work; wait for its end, or stop it");
  if (thread_.joinable()) thread_.join();
  ++job_;
  kind_ = kind;
  failure_.clear();
  stage_.clear();
  stopped_ = false;
  done_ = total_ = 0;
  losses_.clear();
  messages_.clear();
  previews_.clear();
  stop_requested_ = false;
  running_ = true;
  job_start_ = stage_start_ = Clock::now();
  changed();
  thread_ = std::thread([this, work = std::move(work)] { run(work); });
}

void JobBoard::run(const std::function<void()>& work) {
  at::set_num_threads(static_cast<int>(threads_));
  std::string failure;
  bool stopped = false;
  try {
    work();
  } catch (const Stopped&) {
    stopped = true;
  } catch (const c10::Error& error) {
    failure = error.what_without_backtrace();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const std::lock_guard lock(mutex_);
  running_ = false;
  stopped_ = stopped;
  failure_ = failure;
  job_end_ = Clock::now();
  ++touched_["state"];
  changed();
}

bool JobBoard::is_running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

void JobBoard::stop() { stop_requested_ = true; }

void JobBoard::wait() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void JobBoard::progress(const Progress& state) {
  const std::lock_guard lock(mutex_);
  if (state.stage != stage_) {
    stage_ = state.stage;
    stage_start_ = Clock::now();
    first_done_ = state.done;
  }
  done_ = state.done;
  total_ = state.total;
  for (const auto& [name, value] : state.values)
    if (name.find("loss") != std::string::npos) losses_.push_back({stage_, state.done, value});
  changed();
}

void JobBoard::message(MessageLevel level, const std::string& text) {
  const std::lock_guard lock(mutex_);
  messages_.emplace_back(level, text);
  changed();
}

void JobBoard::add_preview(const std::string& name) {
  const std::lock_guard lock(mutex_);
  previews_.push_back(name);
  changed();
}

void JobBoard::touch(const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++touched_[what];
  changed();
}

void JobBoard::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed();
}

nlohmann::json JobBoard::news(Cursor& seen, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, timeout, [&] { return version_ != seen.version || closed_; });
  if (version_ == seen.version || closed_) return nullptr;
  seen.version = version_;
  return describe(seen);
}

nlohmann::json JobBoard::describe(Cursor& seen) const {
  const bool anew = seen.job != job_;
  if (anew) seen = {seen.version, job_, 0, 0, 0};
  const auto now = running_ ? Clock::now() : job_end_;
  const auto seconds_since = [&](Clock::time_point start) {
    return std::chrono::duration<double>(now - start).count();
  };
  nlohmann::json job = {{"kind", kind_},
                        {"running", running_},
                        {"stopped", stopped_},
                        {"stopping", running_ && stop_requested_},
                        {"failure", failure_},
                        {"stage", stage_},
                        {"done", done_},
                        {"total", total_},
                        {"seconds", seconds_since(job_start_)}};
  if (running_ && done_ > first_done_) {
    job["seconds_left"] = seconds_since(stage_start_) * static_cast<double>(total_ - done_) /
                          static_cast<double>(done_ - first_done_);
  }
  nlohmann::json news = {{"anew", anew}, {"job", job}, {"touched", touched_}};
  auto& losses = news["losses"] = nlohmann::json::array();
  for (; seen.losses < losses_.size(); ++seen.losses) {
    const auto& row = losses_[seen.losses];
    losses.push_back({row.stage, row.step, row.loss});
  }
  auto& messages = news["messages"] = nlohmann::json::array();
  for (; seen.messages < messages_.size(); ++seen.messages) {
    constexpr const char* kLevels[] = {"info", "warning", "error"};
    const auto& [level, text] = messages_[seen.messages];
    messages.push_back({kLevels[static_cast<size_t>(level)], text});
  }
  auto& previews = news["previews"] = nlohmann::json::array();
  for (; seen.previews < previews_.size(); ++seen.previews) previews.push_back(previews_[seen.previews]);
  return news;
}

}  // namespace priorseg
