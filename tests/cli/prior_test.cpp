// priorseg prior and priorseg info.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/tiny_job.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(PriorVerb, SyntheticWritesThePriorAndItsPictureAndNothingElse) {
  const TemporaryFolder folder;
  succeed(tiny_prior({"synthetic", "-o", "shapes.safetensors"}), folder.path());
  EXPECT_THAT(folder.files(), ElementsAre("shapes.png", "shapes.safetensors"));
  EXPECT_THAT(read_text(folder / "shapes.png"), StartsWith("\x89PNG"));
}

TEST(PriorVerb, LearnReadsTheMasksOfOneLabelMap) {
  const TemporaryFolder folder;
  const auto label_map = Workshop::instance().labels() + "/sim_000.tif";
  succeed(tiny_prior({"learn", label_map, "-o", "p.safetensors"}), folder.path());
  EXPECT_THAT(folder.files(), ElementsAre("p.png", "p.safetensors"));
  EXPECT_THAT(run_program({"info", (folder / "p.safetensors").string()}).out,
              HasSubstr("learned from " + label_map));
}

TEST(PriorVerb, LearnDrawsSyntheticShapesBesideTheMasksUnlessToldNotTo) {
  const TemporaryFolder folder;
  const auto label_map = Workshop::instance().labels() + "/sim_000.tif";
  const auto told = [&](const std::string& name, const Words& settings) {
    succeed(tiny_prior({"learn", label_map, "-o", name}) + settings, folder.path());
    return run_program({"info", (folder / name).string()}).out;
  };
  EXPECT_THAT(told("mixed.safetensors", {}), HasSubstr("beside 60.0 synthetic"));
  EXPECT_THAT(told("masks.safetensors", {"--set", "synthetic_objects=0"}), Not(HasSubstr("synthetic")));
  EXPECT_NE(read_text(folder / "mixed.png"), read_text(folder / "masks.png"));
}

TEST(PriorVerb, SameSeedGivesTheSameFile) {
  const TemporaryFolder folder;
  succeed(tiny_prior({"synthetic", "--seed", "3", "-o", "a.safetensors"}), folder.path());
  succeed(tiny_prior({"synthetic", "--seed", "3", "-o", "b.safetensors"}), folder.path());
  succeed(tiny_prior({"synthetic", "--seed", "4", "-o", "c.safetensors"}), folder.path());
  EXPECT_EQ(read_text(folder / "a.safetensors"), read_text(folder / "b.safetensors"));
  EXPECT_NE(read_text(folder / "a.safetensors"), read_text(folder / "c.safetensors"));
}

TEST(PriorVerb, LabelMapWithoutAnObjectIsOneLineOnStderr) {
  const TemporaryFolder folder;
  simulate(folder / "empty", 1, "empty");
  EXPECT_THAT(fail({"prior", "learn", (folder / "empty/labels").string(), "-q", "-o",
                    (folder / "p.safetensors").string()}),
              AllOf(HasSubstr("sim_000.tif"), HasSubstr("no whole object")));
  EXPECT_FALSE(std::filesystem::exists(folder / "p.safetensors"));
}

TEST(PriorVerb, ImageInsteadOfALabelMapIsOneLineOnStderr) {
  const TemporaryFolder folder;
  write_text(folder / "text.tif", "this is no image");
  EXPECT_THAT(fail({"prior", "learn", (folder / "text.tif").string(), "-q", "-o",
                    (folder / "p.safetensors").string()}),
              HasSubstr("text.tif"));
}

TEST(InfoVerb, TellsWhatAPriorAndAModelHold) {
  const auto prior = run_program({"info", Workshop::instance().prior()});
  EXPECT_EQ(prior.exit_code, 0);
  EXPECT_THAT(prior.out, AllOf(HasSubstr("priorseg prior 1"), HasSubstr("synthetic"), HasSubstr("tensors")));
  EXPECT_EQ(prior.err, "");
  const auto model = run_program({"info", Workshop::instance().model()});
  EXPECT_EQ(model.exit_code, 0);
  EXPECT_THAT(model.out, AllOf(HasSubstr("priorseg model 1"), HasSubstr("\"trained_steps\": 40")));
}

TEST(InfoVerb, AnotherFileIsOneLineOnStderr) {
  const TemporaryFolder folder;
  write_text(folder / "notes.txt", "hello");
  EXPECT_THAT(fail({"info", (folder / "notes.txt").string()}), HasSubstr("notes.txt"));
}

}  // namespace
}  // namespace priorseg::test
