#include "priorseg/core/processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <limits>

#include "priorseg/core/address_space.h"
#include "priorseg/core/control_group.h"
#include "priorseg/core/error.h"

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

TEST(Processor, ThreadsThatTheAddressSpaceHoldsBoundTheCores) {
  EXPECT_EQ(threads_that_fit(0), 0);
  EXPECT_EQ(threads_that_fit(kLeastAddressSpace + kAddressSpaceOfThread - 1), 0);
  EXPECT_EQ(threads_that_fit(kLeastAddressSpace + kAddressSpaceOfThread), 1);
  EXPECT_EQ(threads_that_fit(kLeastAddressSpace + 4 * kAddressSpaceOfThread), 4);
  EXPECT_GT(threads_that_fit(std::numeric_limits<int64_t>::max()), 1'000'000);
}

/// The limit while it lives. The address space that is in use already stays.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(int64_t bytes) {
    getrlimit(RLIMIT_AS, &before_);
    const rlimit limit{static_cast<rlim_t>(bytes), before_.rlim_max};
    setrlimit(RLIMIT_AS, &limit);
  }
  ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(Processor, MoreThreadsThanTheAddressSpaceHoldsAreRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need terabytes of address space";
#endif
  const AddressSpaceLimit limit(kLeastAddressSpace + kAddressSpaceOfThread);
  EXPECT_EQ(available_cores(), 1);
  EXPECT_NO_THROW(check_threads_fit(0));
  EXPECT_NO_THROW(check_threads_fit(1));
  EXPECT_THAT([] { check_threads_fit(2); },
              testing::ThrowsMessage<Error>(
                  testing::AllOf(testing::HasSubstr("--threads 2"), testing::HasSubstr("1250 MB"))));
}

TEST(Processor, IsDescribedWhereTestsRun) { EXPECT_NO_THROW(check_processor_is_described()); }

}  // namespace
}  // namespace priorseg
