// priorseg info --settings: the list that users read and the documentation is made from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_program.h"

namespace priorseg::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(InfoSettings, ListsNameValueRangeAndMeaning) {
  const ProgramResult result = run_program({"info", "--settings"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              ContainsRegex("detector\\.training\\.steps  +[0-9]+  +1 to 100000000  +training steps\n"));
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
  EXPECT_THAT(result.out, ContainsRegex("bit_depth  +8  +8 or 16  "));
}

TEST(InfoSettings, PrintsAJsonSchemaOfEachPreset) {
  for (const char* preset : {"default", "paper", "baseline", "nuclei"}) {
    const ProgramResult result = run_program({"info", "--settings", "--json", "--preset", preset});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto schema = nlohmann::json::parse(result.out);
    EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema") << preset;
  }
  const auto steps = nlohmann::json::parse(run_program({"info", "--settings", "--json"}).out)
                         .at("/properties/detector/properties/training/properties/steps"_json_pointer);
  EXPECT_EQ(steps.at("type"), "integer");
  EXPECT_EQ(steps.at("minimum"), 1);
}

TEST(InfoSettings, InfoWantsAFileOrTheSettingsButNotBoth) {
  EXPECT_EQ(run_program({"info"}).exit_code, 2);
  EXPECT_EQ(run_program({"info", "--settings", "model.safetensors"}).exit_code, 2);
  EXPECT_EQ(run_program({"info", "model.safetensors", "--json"}).exit_code, 2);
  const ProgramResult preset_alone = run_program({"info", "model.safetensors", "--preset", "paper"});
  EXPECT_EQ(preset_alone.exit_code, 2);
  EXPECT_THAT(preset_alone.err, HasSubstr("--settings"));
}

}  // namespace
}  // namespace priorseg::test
