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
                         testing::Values("run", "prior", "train", "segment", "calibrate", "baseline",
                                         "experiment", "evaluate", "simulate", "info"),
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
  for (const char* verb : {"run", "prior", "train", "segment", "calibrate", "baseline", "experiment",
                           "evaluate", "simulate", "info"}) {
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
  EXPECT_THAT(result.out, MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(result.err, "");
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
