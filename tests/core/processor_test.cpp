#include "priorseg/core/processor.h"

#include <gtest/gtest.h>
#include <sched.h>

#include "priorseg/core/control_group.h"

namespace priorseg {
namespace {

TEST(Processor, CountsTheCoresThatThisProcessMayUse) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(available_cores(), cores_granted(CPU_COUNT(&all), processors_of_control_group()));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core)
    if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(available_cores(), 1);
  sched_setaffinity(0, sizeof(all), &all);
}

TEST(Processor, QuotaOfTheControlGroupBoundsTheCores) {
  EXPECT_EQ(cores_granted(8, std::nullopt), 8);
  EXPECT_EQ(cores_granted(8, 2.0), 2);
  EXPECT_EQ(cores_granted(8, 1.5), 2);
  EXPECT_EQ(cores_granted(8, 0.1), 1);
  EXPECT_EQ(cores_granted(8, 64.0), 8);
  EXPECT_EQ(cores_granted(8, 1e300), 8);
  EXPECT_EQ(cores_granted(0, std::nullopt), 1);
}

TEST(Processor, IsDescribedWhereTestsRun) { EXPECT_NO_THROW(check_processor_is_described()); }

}  // namespace
}  // namespace priorseg
