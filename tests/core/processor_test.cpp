#include "priorseg/core/processor.h"

#include <gtest/gtest.h>
#include <sched.h>

namespace priorseg {
namespace {

TEST(Processor, CountsTheCoresThatThisProcessMayUse) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(available_cores(), CPU_COUNT(&all));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core)
    if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(available_cores(), 1);
  sched_setaffinity(0, sizeof(all), &all);
}

TEST(Processor, IsDescribedWhereTestsRun) { EXPECT_NO_THROW(check_processor_is_described()); }

}  // namespace
}  // namespace priorseg
