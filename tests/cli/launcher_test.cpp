// The small program that users start, and what it hands over to the one behind it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "support/run_program.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kBehind = fs::path(PRIORSEG_PROGRAM).parent_path() / "priorseg-program";

TEST(Launcher, AnswersForHelpAreThoseOfTheProgram) {
  const std::vector<std::vector<std::string>> questions = {
      {"--help"},          {"--version"},         {"run", "--help"},
      {"prior", "--help"}, {"segment", "--help"}, {"prior", "learn", "--help"}};
  for (const auto& question : questions) {
    const auto launcher = run_program(question), program = run_program_at(kBehind, question);
    EXPECT_EQ(launcher.exit_code, 0);
    EXPECT_NE(launcher.out, "");
    EXPECT_EQ(launcher.out, program.out) << question.front();
    EXPECT_EQ(launcher.err, "");
  }
  EXPECT_EQ(run_program({"-h"}).out, run_program({"--help"}).out);
  EXPECT_EQ(run_program({"run", "-h"}).out, run_program({"run", "--help"}).out);
}

/// The launcher beside a script that takes the place of the program and tells what it was given.
class LauncherAlone : public testing::Test {
 protected:
  LauncherAlone() { fs::copy_file(PRIORSEG_PROGRAM, launcher_); }
  void add_program(const std::string& script) {
    write_text(folder_ / "priorseg-program", "#!/bin/sh\n" + script);
    fs::permissions(folder_ / "priorseg-program", fs::perms::owner_all);
  }
  const TemporaryFolder folder_;
  const fs::path launcher_ = folder_ / "priorseg";
};

TEST_F(LauncherAlone, HandsOverEveryWordAndTheExitCode) {
  add_program("for word in \"$@\"; do echo \"[$word]\"; done; exit 7\n");
  const auto result = run_program_at(launcher_, {"run", "two words", "", "--help", "*"});
  EXPECT_EQ(result.out, "[run]\n[two words]\n[]\n[--help]\n[*]\n");
  EXPECT_EQ(result.exit_code, 7);
}

TEST_F(LauncherAlone, SaysHowOpenMpWaitsUnlessTheUserDoes) {
  add_program("echo \"$GOMP_SPINCOUNT $OMP_WAIT_POLICY\"\n");
  const auto told = [&](const char* name, const char* value) {
    unsetenv("GOMP_SPINCOUNT");
    unsetenv("OMP_WAIT_POLICY");
    if (name != nullptr) setenv(name, value, 1);
    return run_program_at(launcher_, {"run"}).out;
  };
  const char* before = std::getenv("GOMP_SPINCOUNT");
  const std::string spins = before != nullptr ? before : "";
  EXPECT_EQ(told(nullptr, ""), PRIORSEG_SPINS " \n");
  EXPECT_EQ(told("GOMP_SPINCOUNT", "7"), "7 \n");
  EXPECT_EQ(told("OMP_WAIT_POLICY", "PASSIVE"), " PASSIVE\n");
  unsetenv("OMP_WAIT_POLICY");
  if (!spins.empty()) setenv("GOMP_SPINCOUNT", spins.c_str(), 1);
}

TEST_F(LauncherAlone, SaysHowManyThreadsFitIntoALimitedAddressSpace) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need terabytes of address space";
#endif
  add_program("echo \"$OMP_NUM_THREADS\"\n");
  const auto limited = [&](const std::string& kilobytes, const std::string& threads) {
    return run_program_at("/bin/sh",
                          {"-c", threads + " ulimit -v " + kilobytes + "; exec \"$0\" run", launcher_});
  };
  const auto refused = limited("1200000", "");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("limited to 1228 MB (ulimit -v), expected at least 1250 MB"));
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1);
  EXPECT_EQ(limited("1500000", "export OMP_NUM_THREADS=64;").out, "2\n");
  EXPECT_EQ(limited("1500000", "export OMP_NUM_THREADS=1;").out, "1\n");
  EXPECT_EQ(limited("unlimited", "export OMP_NUM_THREADS=64;").out, "64\n");
}

TEST_F(LauncherAlone, IsFoundThroughALink) {
  add_program("echo here\n");
  const TemporaryFolder elsewhere;
  fs::create_symlink(launcher_, elsewhere / "priorseg");
  EXPECT_EQ(run_program_at(elsewhere / "priorseg", {"run"}).out, "here\n");
}

TEST_F(LauncherAlone, WithoutTheProgramSaysSoInOneLine) {
  const auto result = run_program_at(launcher_, {"run"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1);
  EXPECT_THAT(result.err, HasSubstr("priorseg-program"));
}

}  // namespace
}  // namespace priorseg::test
