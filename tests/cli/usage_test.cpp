// What holds for the program and every verb alike: help, version, exit codes, one line on stderr.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/run_program.h"

namespace priorseg::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class EachVerb : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Program, EachVerb,
                         testing::Values("run", "studio", "prior", "train", "segment", "merge", "cellpose",
                                         "calibrate", "baseline", "experiment", "evaluate", "simulate",
                                         "info"),
                         [](const auto& verb) { return std::string(verb.param); });

TEST_P(EachVerb, HelpShowsAnExampleAndReturnsZero) {
  const ProgramResult result = run_program({GetParam(), "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("Example"));
  EXPECT_THAT(result.out, HasSubstr(std::string("priorseg ") + GetParam()));
  EXPECT_EQ(result.err, "");
}

TEST_P(EachVerb, UnknownOptionIsAUsageError) {
  const ProgramResult result = run_program({GetParam(), "--no-such-option"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err, "");
}

TEST(Program, ListsEveryVerbInItsHelp) {
  const ProgramResult result = run_program({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* verb : {"run", "studio", "prior", "train", "segment", "merge", "cellpose", "calibrate",
                           "baseline", "experiment", "evaluate", "simulate", "info"}) {
    EXPECT_THAT(result.out, HasSubstr(std::string("\n  ") + verb + " "));
  }
}

TEST(Program, DevicesThatAreNotThereAreOneLine) {
  for (const char* device : {"cuda:99", "gpu"}) {
    const ProgramResult result = run_program({"--device", device, "run", "images", "--size", "9:20"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(count_lines(result.err), 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr(device));
  }
}

TEST(Program, PrintsItsVersionPlainly) {
  const ProgramResult result = run_program({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\nLibTorch [0-9.]+[^\n]*\nprocessor [^\n]+\n"));
  EXPECT_EQ(result.err, "");
}

TEST(Program, WithoutProcIsOneLine) {
  const TemporaryFolder folder;
  const auto without_proc = [](const std::string& command) {
    return run_program_at("/usr/bin/unshare", {"--mount", "--map-root-user", "sh", "-c",
                                               "mount -t tmpfs none /proc && " + command});
  };
  if (without_proc("true").exit_code != 0) GTEST_SKIP() << "hiding /proc is not permitted";
  const std::string program = PRIORSEG_PROGRAM;
  const ProgramResult result = without_proc(program + " simulate -o " + (folder / "new").string());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("/proc/cpuinfo"));
  EXPECT_EQ(without_proc(program + " --help").exit_code, 0);
  EXPECT_EQ(without_proc(program + " --version").exit_code, 0);
}

TEST(Program, WithoutAVerbIsAUsageError) { EXPECT_EQ(run_program({}).exit_code, 2); }

TEST(Program, UnknownVerbIsAUsageError) {
  const ProgramResult result = run_program({"segmnt"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("segmnt"));
}

TEST(Program, MissingModelIsOneLineOnStderr) {
  const TemporaryFolder folder;
  const ProgramResult result = run_program({"info", (folder / "none.safetensors").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("none.safetensors"));
}

TEST(Program, MissingImageFolderIsOneLineOnStderrAndMakesNothing) {
  const TemporaryFolder folder;
  const ProgramResult result =
      run_program({"run", (folder / "none").string(), "--size", "20:40", "-o", (folder / "out").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("none"));
  EXPECT_EQ(folder.files(), std::vector<std::string>());
}

}  // namespace
}  // namespace priorseg::test
