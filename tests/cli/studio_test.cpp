#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "support/run_program.h"

namespace priorseg::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

/// The program as it was built may lack the studio.
class StudioVerb : public testing::Test {
 protected:
  void SetUp() override {
    const auto result = run_program({"studio", "no/such/folder"});
    ASSERT_EQ(result.exit_code, 1);
    ASSERT_EQ(count_lines(result.err), 1) << result.err;
    if (result.err.find("built without the studio") != std::string::npos) GTEST_SKIP() << result.err;
    EXPECT_THAT(result.err, HasSubstr("no/such/folder is no folder"));
  }
};

TEST_F(StudioVerb, PrintsItsAddressAndEndsWithCtrlC) {
  const TemporaryFolder folder;
  const auto start = std::chrono::steady_clock::now();
  const auto waited = [&] { return std::chrono::steady_clock::now() - start > std::chrono::seconds(2); };
  const auto result =
      run_program({"studio", "--root", folder.path().string(), "--no-browser"}, {}, waited, SIGINT);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/[0-9a-f]+/\n"));
}

TEST_F(StudioVerb, LetsOthersInWithAPasswordOnly) {
  const TemporaryFolder folder;
  const auto result =
      run_program({"studio", "--root", folder.path().string(), "--no-browser", "--listen", "0.0.0.0"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("expected a password"));
}

TEST_F(StudioVerb, TellsAPasswordFileThatHoldsNone) {
  const TemporaryFolder folder;
  const auto result = run_program({"studio", "--root", folder.path().string(), "--no-browser", "--port", "1",
                                   "--listen", "203.0.113.1", "--password-file", "/dev/null"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
}

}  // namespace
}  // namespace priorseg::test
