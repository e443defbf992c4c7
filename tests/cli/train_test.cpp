// priorseg train.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/tiny_job.h"
#include "output/well_formed.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

class TrainVerb : public testing::Test {
 protected:
  Words train(const std::string& output, const Words& settings) const {
    return Words{"train", workshop_.images(),         "--prior", workshop_.prior(),
                 "-o",    (folder_ / output).string()} +
           settings;
  }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(TrainVerb, WritesModelLossesAndSettings) {
  succeed(train("out", tiny_settings()));
  EXPECT_THAT(folder_.files(),
              ElementsAre("out/.priorseg/files", "out/.priorseg/lock", "out/losses.csv",
                          "out/model.safetensors", "out/prior.safetensors", "out/settings.json"));
}

TEST_F(TrainVerb, WritesAPreviewAtEachCheckpoint) {
  succeed(train("out", tiny_settings(6, 2)));
  EXPECT_THAT(folder_.files(),
              ElementsAre("out/.priorseg/files", "out/.priorseg/lock", "out/losses.csv",
                          "out/model.safetensors", "out/previews/step_000002.png",
                          "out/previews/step_000004.png", "out/prior.safetensors", "out/settings.json"));
}

TEST_F(TrainVerb, KilledGoesOnFromItsCheckpointAndEndsLikeAnUninterruptedOne) {
  const Words settings = tiny_settings(60, 10);
  const auto killed = run_program(train("killed", settings), {},
                                  [&] { return fs::exists(folder_ / "killed/checkpoint.safetensors"); });
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.err;
  ASSERT_FALSE(fs::exists(folder_ / "killed/model.safetensors"));
  EXPECT_THAT(succeed(train("killed", settings)), HasSubstr("goes on from step "));
  EXPECT_FALSE(fs::exists(folder_ / "killed/checkpoint.safetensors"));
  succeed(train("whole", settings));
  EXPECT_EQ(read_text(folder_ / "killed/model.safetensors"), read_text(folder_ / "whole/model.safetensors"));
  EXPECT_EQ(read_text(folder_ / "killed/losses.csv"), read_text(folder_ / "whole/losses.csv"));
}

TEST_F(TrainVerb, KilledInItsSecondStageGoesOnFromThereAndEndsLikeAnUninterruptedOne) {
  const Words settings = tiny_settings(10, 10) + Words{"--set", "detector.self_training.steps=60"};
  // The preview of the second stage's first checkpoint: the first stage leaves a checkpoint at its end too.
  const auto killed = run_program(train("killed", settings), {},
                                  [&] { return fs::exists(folder_ / "killed/previews/step_000020.png"); });
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.err;
  ASSERT_TRUE(fs::exists(folder_ / "killed/teacher.safetensors"));
  EXPECT_THAT(succeed(train("killed", settings)), HasSubstr("of 70"));
  succeed(train("whole", settings));
  EXPECT_EQ(read_text(folder_ / "killed/model.safetensors"), read_text(folder_ / "whole/model.safetensors"));
  EXPECT_EQ(read_text(folder_ / "killed/losses.csv"), read_text(folder_ / "whole/losses.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "killed/teacher.safetensors"));
  EXPECT_FALSE(fs::exists(folder_ / "killed/checkpoint.safetensors"));
}

TEST_F(TrainVerb, TrainingThatWentWrongStartsAgainWithAnotherSeed) {
  // With an impossible contrast the detector finds nothing, however well it learned.
  const Words nothing = {"--set", "detector.inference.min_contrast=1e6", "--set",
                         "detector.self_training.steps=2"};
  const auto messages = succeed(train("out", tiny_settings(3) + nothing));
  EXPECT_EQ(count_of(messages, "the training went wrong"), 2u);
  EXPECT_THAT(messages, HasSubstr("three trainings went wrong"));
  EXPECT_THAT(read_text(folder_ / "out/losses.csv"), HasSubstr("self_loss"));
}

TEST_F(TrainVerb, CheckpointOfTheSecondStageOfOtherSettingsIsRefusedUntilRestart) {
  const Words second = {"--set", "detector.self_training.steps=60"};
  run_program(train("out", tiny_settings(4, 5) + second), {},
              [&] { return fs::exists(folder_ / "out/checkpoint.safetensors"); });
  const Words other = tiny_settings(3, 5) + Words{"--set", "detector.self_training.steps=2"};
  // A run that was killed may leave a temporary file, whose removal is told in a line of its own.
  const auto refused = run_program(train("out", other));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("other settings"), HasSubstr("--restart")));
  succeed(train("out", other + Words{"--restart"}));
  EXPECT_TRUE(fs::exists(folder_ / "out/model.safetensors"));
}

TEST_F(TrainVerb, CheckpointOfOtherSettingsIsRefusedUntilRestart) {
  run_program(train("out", tiny_settings(60, 10)), {},
              [&] { return fs::exists(folder_ / "out/checkpoint.safetensors"); });
  const Words other = tiny_settings(8, 10);
  // A run that was killed may leave a temporary file, whose removal is told in a line of its own.
  const auto refused = run_program(train("out", other));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("other settings"), HasSubstr("--restart")));
  succeed(train("out", other + Words{"--restart"}));
  EXPECT_TRUE(fs::exists(folder_ / "out/model.safetensors"));
}

TEST_F(TrainVerb, FinishedTrainingIsUsedAsItIsUntilRestart) {
  succeed(train("out", tiny_settings()));
  const auto written = fs::last_write_time(folder_ / "out/model.safetensors");
  EXPECT_THAT(succeed(train("out", tiny_settings())), HasSubstr("already trained"));
  EXPECT_EQ(fs::last_write_time(folder_ / "out/model.safetensors"), written);
  succeed(train("out", tiny_settings() + Words{"--restart"}));
  EXPECT_NE(fs::last_write_time(folder_ / "out/model.safetensors"), written);
}

TEST_F(TrainVerb, FinishedTrainingWithAnotherSeedIsNotUsed) {
  succeed(train("out", tiny_settings()));
  const auto model = read_text(folder_ / "out/model.safetensors");
  EXPECT_THAT(succeed(train("out", tiny_settings() + Words{"--seed", "2"})),
              testing::Not(HasSubstr("already trained")));
  EXPECT_NE(read_text(folder_ / "out/model.safetensors"), model);
}

TEST_F(TrainVerb, FinishedTrainingWithAnotherPriorIsNotUsed) {
  succeed(train("out", tiny_settings()));
  const auto other = (folder_ / "other.safetensors").string();
  succeed(tiny_prior({"synthetic", "--seed", "9", "-o", other}));
  const auto messages =
      succeed(Words{"train", workshop_.images(), "--prior", other, "-o", (folder_ / "out").string()} +
              tiny_settings());
  EXPECT_THAT(messages, testing::Not(HasSubstr("already trained")));
}

TEST_F(TrainVerb, ModelGivenAsPriorIsOneLineOnStderr) {
  EXPECT_THAT(fail(Words{"train", workshop_.images(), "--prior", workshop_.model(), "-o",
                         (folder_ / "out").string()} +
                   tiny_settings()),
              AllOf(HasSubstr("'priorseg model 1'"), HasSubstr("'priorseg prior 1'")));
  EXPECT_THAT(folder_.files(), ElementsAre());
}

TEST_F(TrainVerb, WithoutAPriorIsAUsageError) {
  EXPECT_EQ(run_program({"train", workshop_.images(), "--size", "14:24"}, folder_.path()).exit_code, 2);
  EXPECT_THAT(folder_.files(), ElementsAre());
}

TEST_F(TrainVerb, MeasuresTheTypicalObjectForTheScaleOfEachImage) {
  const auto sizes = [&](const std::string& folder, const Words& more) {
    succeed(train(folder, tiny_settings() + more));
    return nlohmann::json::parse(read_text(folder_ / folder / "settings.json"))
        .at("/detector/size"_json_pointer);
  };
  const auto size = sizes("own", {});
  EXPECT_GT(size.at("typical"), 12);
  EXPECT_LT(size.at("typical"), 26);
  EXPECT_GE(size.at("typical_of_large"), size.at("typical"));
  EXPECT_EQ(sizes("common", {"--set", "detector.size.own_scale=false"}).at("typical"), 0);
  EXPECT_EQ(sizes("given", {"--set", "detector.size.typical=500"}).at("typical"), size.at("typical"))
      << "what a settings file says of other images";
}

TEST_F(TrainVerb, LeavesABrokenImageOut) {
  fs::copy(workshop_.images(), folder_ / "images");
  write_text(folder_ / "images/broken.tif", "this is no image");
  const auto told = succeed(Words{"train", (folder_ / "images").string(), "--prior", workshop_.prior(), "-o",
                                  (folder_ / "out").string()} +
                            tiny_settings());
  EXPECT_THAT(told, AllOf(HasSubstr("broken.tif"), HasSubstr("left out")));
  EXPECT_EQ(told.find("broken.tif"), told.rfind("broken.tif")) << "looked at twice, told once: " << told;
}

TEST_F(TrainVerb, OnlyBrokenImagesAreAnError) {
  write_text(folder_ / "broken.tif", "this is no image");
  const auto result = run_program(Words{"train", (folder_ / "broken.tif").string(), "--prior",
                                        workshop_.prior(), "-o", (folder_ / "out").string()} +
                                  tiny_settings());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("none of the 1 training images could be read"), HasSubstr("broken.tif: ")));
  EXPECT_FALSE(fs::exists(folder_ / "out/model.safetensors"));
}

}  // namespace
}  // namespace priorseg::test
