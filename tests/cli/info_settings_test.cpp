// priorseg info --settings: the list that users read and the documentation is made from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/run_program.h"

namespace priorseg::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(InfoSettings, ListsNameValueAndMeaning) {
  const ProgramResult result = run_program({"info", "--settings"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("detector\\.training\\.steps  +[0-9]+  +training steps\n"));
}

TEST(InfoSettings, ShowsTheValuesOfAPreset) {
  const ProgramResult result = run_program({"info", "--settings", "--preset", "paper"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("preset  +\"paper\""));
  EXPECT_THAT(result.out, ContainsRegex("detector\\.intensity\\.mapping  +\"linear\""));
}

TEST(InfoSettings, KnowsTheSettingsOfTheSimulator) {
  const ProgramResult result = run_program({"info", "--settings", "--preset", "phase"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("bit_depth  +8  "));
}

TEST(InfoSettings, InfoWantsAFileOrTheSettingsButNotBoth) {
  EXPECT_EQ(run_program({"info"}).exit_code, 2);
  EXPECT_EQ(run_program({"info", "--settings", "model.safetensors"}).exit_code, 2);
  const ProgramResult preset_alone = run_program({"info", "model.safetensors", "--preset", "paper"});
  EXPECT_EQ(preset_alone.exit_code, 2);
  EXPECT_THAT(preset_alone.err, HasSubstr("--settings"));
}

}  // namespace
}  // namespace priorseg::test
