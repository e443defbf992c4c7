#include "priorseg/core/job_queue.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

using Job = std::function<void(int64_t)>;

class JobQueue {
 public:
  JobQueue(int64_t count, const JobLimits& limits, const std::function<int64_t(int64_t)>& cost,
           const Job& work, const Job& finish)
      : count_(count),
        limits_(limits),
        workers_(std::min(limits.threads, count)),
        cost_(cost),
        work_(work),
        finish_(finish) {}

  void run() {
    const int threads_before = at::get_num_threads();
    if (workers_ <= 1) {
      take_jobs();
    } else {
      std::vector<std::jthread> workers;
      for (int64_t w = 0; w < workers_; ++w) workers.emplace_back([this] { take_jobs(); });
    }
    at::set_num_threads(threads_before);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void take_jobs() {
    // A thread takes over the last number of threads that any thread has set when it first asks for it: here,
    // so that run_job can change it.
    at::get_num_threads();
    for (int64_t job = next_job(); job < count_; job = next_job()) {
      try {
        run_job(job);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        changed_.notify_all();
      }
    }
  }

  int64_t next_job() {
    const std::lock_guard lock(mutex_);
    return failure_ ? count_ : next_++;
  }

  void run_job(int64_t job) {
    const int64_t cost = std::clamp<int64_t>(cost_(job), 0, limits_.most_cost);
    if (!wait_for_room(job, cost)) return;
    try {
      work_(job);
    } catch (...) {
      give_back(cost);
      throw;
    }
    give_back(cost);
    finish_in_order(job);
  }

  /// @return false where a job has failed.
  bool wait_for_room(int64_t job, int64_t cost) {
    std::unique_lock lock(mutex_);
    const int64_t most_ahead = 4 * workers_;
    changed_.wait(lock, [&] {
      const bool fits = cost_at_work_ == 0 || cost_at_work_ + cost <= limits_.most_cost;
      return failure_ || (fits && job < finished_ + most_ahead);
    });
    if (failure_) return false;
    cost_at_work_ += cost;
    // The number of threads belongs to the calling thread; LibTorch's note of the last one is global.
    const double share = static_cast<double>(cost) / static_cast<double>(limits_.most_cost);
    const auto threads = std::llround(share * static_cast<double>(limits_.threads));
    at::set_num_threads(static_cast<int>(
        std::clamp<int64_t>(threads, std::max<int64_t>(1, limits_.threads / workers_), limits_.threads)));
    return true;
  }

  void give_back(int64_t cost) {
    const std::lock_guard lock(mutex_);
    cost_at_work_ -= cost;
    changed_.notify_all();
  }

  void finish_in_order(int64_t job) {
    const std::lock_guard turn(finishing_);
    waiting_.insert(job);
    while (!waiting_.empty() && *waiting_.begin() == finished_) {
      waiting_.erase(waiting_.begin());  // before the call: where it throws, no other worker repeats it
      finish_(finished_);
      const std::lock_guard lock(mutex_);
      ++finished_;
      changed_.notify_all();
    }
  }

  const int64_t count_;
  const JobLimits limits_;
  const int64_t workers_;
  const std::function<int64_t(int64_t)>& cost_;
  const Job &work_, &finish_;

  std::mutex finishing_;       // held around finish_; guards waiting_
  std::set<int64_t> waiting_;  // done, but not yet the next one to finish

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  int64_t next_ = 0, finished_ = 0, cost_at_work_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void run_jobs(int64_t count, const JobLimits& limits, const std::function<int64_t(int64_t)>& cost,
              const std::function<void(int64_t)>& work, const std::function<void(int64_t)>& finish) {
  if (limits.threads < 1 || limits.most_cost < 1)
    throw Error("jobs on " + std::to_string(limits.threads) + " threads with a cost of at most " +
                std::to_string(limits.most_cost) + ", expected at least 1 of both");
  JobQueue(count, limits, cost, work, finish).run();
}

}  // namespace priorseg
