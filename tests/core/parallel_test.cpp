#include "priorseg/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace priorseg {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnce) {
  std::vector<int> visits(1000, 0);  // every index belongs to one piece: no two threads write one element
  parallel_for(0, 1000, 7, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) ++visits[static_cast<size_t>(i)];
  });
  EXPECT_EQ(visits, std::vector<int>(1000, 1));
}

TEST(ParallelFor, EmptyRangeCallsNothing) {
  std::atomic<int> calls = 0;
  parallel_for(5, 5, 1, [&](int64_t, int64_t) { ++calls; });
  EXPECT_EQ(calls, 0);
}

TEST(ParallelFor, HandsAnErrorToTheCaller) {
  const auto fail_at_the_end = [](int64_t, int64_t last) {
    if (last == 1000) throw std::runtime_error("at the end");
  };
  EXPECT_THROW(parallel_for(0, 1000, 1, fail_at_the_end), std::runtime_error);
}

TEST(ParallelFor, RunsInsideAnotherCall) {
  std::atomic<int64_t> sum = 0;
  parallel_for(0, 10, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      parallel_for(0, 10, 1,
                   [&](int64_t inner_first, int64_t inner_last) { sum += inner_last - inner_first; });
    }
  });
  EXPECT_EQ(sum, 100);
}

}  // namespace
}  // namespace priorseg
