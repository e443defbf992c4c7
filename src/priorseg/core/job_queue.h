#pragma once

#include <cstdint>
#include <functional>

namespace priorseg {

/// How many jobs may run at the same time.
struct JobLimits {
  int64_t threads = 1;    ///< in total, >= 1: of all jobs together
  int64_t most_cost = 1;  ///< of the jobs that run at the same time, >= 1; a job that costs more runs alone
};

/// Runs the jobs 0, 1, ..., count - 1 on several threads and hands over their results in this order.
///
/// A job computes with its share of the threads (parallel_for and LibTorch's operators): a small one with
/// one, one that costs as much as all may together with all. Jobs are begun in order, and none is begun far
/// ahead of the first one that is not finished, so that few results wait for their turn.
///
/// @param cost    of job i, e.g. its pixels; called on the thread that will run it.
/// @param work    runs job i; several calls run at the same time.
/// @param finish  called for i = 0, 1, ... in order, never two at a time, after work(i) has returned; for
/// each i
///                once at most, also where it throws.
/// @throws what `cost`, `work` or `finish` threw first; the jobs that run are waited for, no others are
/// begun.
void run_jobs(int64_t count, const JobLimits& limits, const std::function<int64_t(int64_t)>& cost,
              const std::function<void(int64_t)>& work, const std::function<void(int64_t)>& finish);

}  // namespace priorseg
