#include "priorseg/pipeline/folder_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using test::error_message;
using test::read_text;
using test::write_text;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;

class FolderLockTest : public testing::Test {
 protected:
  std::string taking(FolderLock::Means means = FolderLock::Means::kKernel) {
    return error_message([&] { FolderLock(out_, out_ / ".own", means); });
  }

  /// Another process that has the folder until it is killed.
  pid_t start_holder() {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const FolderLock lock(out_, out_ / ".own");
      if (::write(ready[1], "x", 1) == 1) ::pause();
      ::_exit(0);
    }
    char byte;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return child;
  }

  const test::TemporaryFolder folder_;
  const fs::path out_ = folder_ / "out";
};

TEST_F(FolderLockTest, MakesTheFolderAndTakesItAwayAgainWhereNothingCameIntoIt) {
  {
    const FolderLock lock(out_, out_ / ".own");
    EXPECT_TRUE(fs::exists(out_ / ".own"));
  }
  EXPECT_FALSE(fs::exists(out_));
  fs::create_directory(out_);
  EXPECT_EQ(taking(), "no error");
  EXPECT_TRUE(fs::is_empty(out_));
}

TEST_F(FolderLockTest, LeavesAFolderThatHoldsSomething) {
  {
    const FolderLock lock(out_, out_ / ".own");
    write_text(out_ / ".own/files", "text");
  }
  EXPECT_EQ(read_text(out_ / ".own/files"), "text");
  EXPECT_EQ(taking(), "no error");
}

TEST_F(FolderLockTest, SecondOwnerIsToldWhoTheFirstIs) {
  const pid_t child = start_holder();
  EXPECT_THAT(
      taking(),
      AllOf(HasSubstr(out_.string() + " is in use by priorseg (process " + std::to_string(child) + " on "),
            ContainsRegex("since 20[0-9-]+ [0-9:]+\\); wait for it or give another folder$")));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(taking(), "no error");
}

TEST_F(FolderLockTest, OneProcessDoesNotHaveAFolderTwice) {
  std::optional<FolderLock> lock(std::in_place, out_, out_ / ".own");
  EXPECT_THAT(taking(), HasSubstr("is in use by priorseg (process " + std::to_string(::getpid())));
  lock.reset();
  EXPECT_EQ(taking(), "no error");
}

TEST_F(FolderLockTest, WithoutLocksOfTheKernelTheWrittenProcessCounts) {
  const auto kWrittenDown = FolderLock::Means::kWrittenDown;
  fs::create_directories(out_ / ".own");
  char host[256] = "";
  ::gethostname(host, sizeof(host) - 1);
  const auto hold = [&](pid_t process, const std::string& computer) {
    write_text(out_ / ".own/lock", std::to_string(process) + " " + computer + " 2026-01-02 03:04\n");
  };
  hold(::getppid(), host);
  EXPECT_THAT(taking(kWrittenDown), HasSubstr("since 2026-01-02 03:04"));
  hold(7, "elsewhere");
  EXPECT_THAT(taking(kWrittenDown), AllOf(HasSubstr("process 7 on elsewhere"),
                                          HasSubstr("or remove " + (out_ / ".own/lock").string())));
  const pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  ::waitpid(ended, nullptr, 0);
  hold(ended, host);
  EXPECT_EQ(taking(kWrittenDown), "no error");
}

TEST_F(FolderLockTest, SaysWhatIsInTheWayOfTheFolder) {
  write_text(out_, "a file");
  EXPECT_THAT(taking(), HasSubstr("the output folder " + out_.string() + " is a file"));
  EXPECT_THAT(error_message([&] { FolderLock(out_ / "below", out_ / "below/.own"); }),
              HasSubstr("cannot write into the output folder " + (out_ / "below").string()));
  EXPECT_THAT(error_message([&] { FolderLock("/proc/none", "/proc/none/.own"); }),
              HasSubstr("cannot write into the output folder /proc/none"));
  EXPECT_EQ(read_text(out_), "a file");
}

}  // namespace
}  // namespace priorseg
