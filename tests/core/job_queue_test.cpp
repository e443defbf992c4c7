#include "priorseg/core/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"

namespace priorseg {
namespace {

using namespace std::chrono_literals;

int64_t one(int64_t) { return 1; }
void nothing(int64_t) {}

std::vector<int64_t> first_numbers(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(RunJobs, FinishesInOrderWhatEndsInAnyOrder) {
  constexpr int64_t kJobs = 60;
  std::vector<std::atomic<int>> runs(kJobs);
  std::vector<int64_t> finished;
  run_jobs(
      kJobs, {4, 100}, one,
      [&](int64_t job) {
        std::this_thread::sleep_for((job * 7 % 5) * 200us);
        ++runs[static_cast<size_t>(job)];
      },
      [&](int64_t job) {
        EXPECT_EQ(runs[static_cast<size_t>(job)], 1);
        finished.push_back(job);
      });
  EXPECT_EQ(finished, first_numbers(kJobs));
}

TEST(RunJobs, RunsSeveralAtATime) {
  std::atomic<int> begun = 0;
  std::atomic<bool> met = false;
  run_jobs(
      2, {2, 100}, one,
      [&](int64_t) {
        ++begun;
        for (int i = 0; i < 5000 && begun < 2; ++i) std::this_thread::sleep_for(1ms);
        if (begun == 2) met = true;
      },
      nothing);
  EXPECT_TRUE(met);
}

TEST(RunJobs, KeepsTheCostOfWhatRunsBelowTheLimit) {
  constexpr int64_t kMostCost = 10;
  std::atomic<int64_t> running = 0, highest = 0, jobs = 0;
  const auto cost = [](int64_t job) { return job == 5 ? 1000 : 3 + job % 4; };
  run_jobs(
      40, {4, kMostCost}, cost,
      [&](int64_t job) {
        const int64_t now = running += cost(job);
        if (job == 5) {
          EXPECT_EQ(now, 1000) << "a job above the limit runs alone";
        } else {
          for (int64_t before = highest; now > before && !highest.compare_exchange_weak(before, now);) {
          }
        }
        std::this_thread::sleep_for(1ms);
        ++jobs;
        running -= cost(job);
      },
      nothing);
  EXPECT_EQ(jobs, 40);
  EXPECT_LE(highest, kMostCost);
}

TEST(RunJobs, BeginsNoneFarAheadOfTheFirstThatIsNotFinished) {
  std::atomic<int64_t> last_begun = 0;
  std::atomic<int64_t> seen_by_first = 0;
  run_jobs(
      1000, {2, 100}, one,
      [&](int64_t job) {
        if (job > 0) {
          last_begun = job;
          return;
        }
        std::this_thread::sleep_for(100ms);
        seen_by_first = last_begun.load();
      },
      nothing);
  EXPECT_LT(seen_by_first, 20);
}

TEST(RunJobs, GivesCostlyJobsMoreThreads) {
  std::vector<int64_t> threads(3);
  const std::vector<int64_t> costs = {1, 100, 50};
  run_jobs(
      3, {4, 100}, [&](int64_t job) { return costs[static_cast<size_t>(job)]; },
      [&](int64_t job) { threads[static_cast<size_t>(job)] = num_threads(); }, nothing);
  EXPECT_THAT(threads, testing::ElementsAre(1, 4, 2));
}

TEST(RunJobs, LeavesTheNumberOfThreadsAsItWas) {
  const int64_t before = num_threads();
  run_jobs(5, {3, 10}, one, nothing, nothing);
  EXPECT_EQ(num_threads(), before);
  std::thread([&] { EXPECT_EQ(num_threads(), before); }).join();
}

TEST(RunJobs, HandsAFailureToTheCallerAndBeginsNoMore) {
  for (const int64_t threads : {1, 3}) {
    std::atomic<int64_t> begun = 0;
    std::vector<int64_t> finished;
    const auto work = [&](int64_t job) {
      ++begun;
      if (job == 5) throw std::runtime_error("job 5");
    };
    EXPECT_THROW(run_jobs(1000, {threads, 100}, one, work, [&](int64_t job) { finished.push_back(job); }),
                 std::runtime_error);
    EXPECT_LT(begun, 100);
    EXPECT_THAT(finished, testing::Each(testing::Lt(5)));
  }
}

TEST(RunJobs, HandsAFailureToFinishToTheCaller) {
  EXPECT_THROW(run_jobs(10, {2, 100}, one, nothing, [](int64_t) { throw std::runtime_error("disk full"); }),
               std::runtime_error);
}

TEST(RunJobs, FinishesNoJobTwiceThatThrew) {
  std::atomic<int> worked = 0;
  std::vector<int64_t> finished;
  const auto finish = [&](int64_t job) {
    finished.push_back(job);
    // Until then the other workers wait for their turn to finish.
    for (int i = 0; i < 5000 && worked < 3; ++i) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    throw std::runtime_error("disk full");
  };
  EXPECT_THROW(run_jobs(
                   3, {3, 100}, one, [&](int64_t) { ++worked; }, finish),
               std::runtime_error);
  EXPECT_THAT(finished, testing::ElementsAre(0));
}

TEST(RunJobs, NoJobsAreNoWork) {
  run_jobs(
      0, {2, 1}, one, [](int64_t) { ADD_FAILURE(); }, [](int64_t) { ADD_FAILURE(); });
}

TEST(RunJobs, RefusesNoThreads) { EXPECT_THROW(run_jobs(1, {0, 1}, one, nothing, nothing), Error); }

}  // namespace
}  // namespace priorseg
