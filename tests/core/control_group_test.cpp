#include "priorseg/core/control_group.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using test::write_text;

/// Files as the kernel shows them, below a folder of the test.
class ControlGroupTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) const {
    fs::create_directories((folder_ / path).parent_path());
    write_text(folder_ / path, text);
  }
  /// The quota file of a group of version 1.
  void put_old(const std::string& group, const std::string& quota, const std::string& period) const {
    put("sys/fs/cgroup/cpu" + group + "/cpu.cfs_quota_us", quota + "\n");
    put("sys/fs/cgroup/cpu" + group + "/cpu.cfs_period_us", period + "\n");
  }
  std::optional<double> found() const { return processors_of_control_group(folder_.path()); }

  const test::TemporaryFolder folder_;
};

constexpr const char* kUnifiedMount =
    "29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kOldMount =
    "33 31 0:30 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n";

TEST_F(ControlGroupTest, NothingWhereThereIsNone) { EXPECT_EQ(found(), std::nullopt); }

TEST_F(ControlGroupTest, SmallestLimitOfTheGroupsAboveCounts) {
  put("proc/self/cgroup", "0::/user/job/step\n");
  put("proc/self/mountinfo", kUnifiedMount);
  put("sys/fs/cgroup/user/cpu.max", "400000 100000\n");
  put("sys/fs/cgroup/user/job/cpu.max", "150000 100000\n");
  put("sys/fs/cgroup/user/job/step/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/other/cpu.max", "10000 100000\n");
  EXPECT_EQ(found(), 1.5);
}

TEST_F(ControlGroupTest, NoLimitIsNothing) {
  put("proc/self/cgroup", "0::/\n");
  put("proc/self/mountinfo", kUnifiedMount);
  put("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(found(), std::nullopt);
}

TEST_F(ControlGroupTest, ReadsVersionOne) {
  put("proc/self/cgroup", "3:cpuset:/\n1:cpuacct,cpu:/docker/7\n0::/\n");
  put("proc/self/mountinfo", kOldMount);
  put_old("", "-1", "100000");
  put_old("/docker/7", "200000", "50000");
  EXPECT_EQ(found(), 4.0);
}

TEST_F(ControlGroupTest, AContainerSeesItsOwnGroupAtTheTop) {
  put("proc/self/cgroup", "1:cpu:/docker/7\n");
  put("proc/self/mountinfo", "33 31 0:30 /docker/7 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
  put_old("", "300000", "100000");
  EXPECT_EQ(found(), 3.0);
}

TEST_F(ControlGroupTest, AGroupThatIsNamedElsewhereIsTakenForTheTop) {
  put("proc/self/cgroup", "0::/../../system.slice\n");
  put("proc/self/mountinfo", "29 22 0:26 /kube/7 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  put("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(found(), 0.5);
}

TEST_F(ControlGroupTest, WhatCannotBeUnderstoodIsNoLimit) {
  put("proc/self/cgroup", "0\n::\nx:y\n0::/\n");
  put("proc/self/mountinfo", std::string("- - -\n29\n") + kUnifiedMount);
  for (const char* text : {"", "max", "many 100000", "100000", "100000 0", "-5 100000", "0 100000"}) {
    put("sys/fs/cgroup/cpu.max", text);
    EXPECT_EQ(found(), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace priorseg
