// priorseg run: raw images in, outlines out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/tiny_job.h"
#include "priorseg/image/image_file.h"
#include "support/phase_contrast_scene.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

namespace fs = std::filesystem;

class RunVerb : public testing::Test {
 protected:
  Words run(const Words& images, const Words& more = {}) const {
    return Words{"run"} + images + Words{"-o", (folder_ / "out").string()} + tiny_settings() +
           tiny_prior_settings() + more;
  }
  std::string out(const std::string& name) const { return read_text(folder_ / ("out/" + name)); }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(RunVerb, MakesExactlyThePromisedFilesInItsFolderAlone) {
  const auto before = fs::last_write_time(workshop_.images());
  succeed(run({workshop_.images()}), folder_.path());
  EXPECT_THAT(folder_.files(),
              ElementsAre("out/.priorseg/files", "out/.priorseg/lock", "out/images.csv",
                          "out/labels/sim_000.tif", "out/labels/sim_001.tif", "out/losses.csv",
                          "out/manifest.jsonl", "out/model.safetensors", "out/objects.csv",
                          "out/overlays/sim_000.png", "out/overlays/sim_001.png", "out/prior.safetensors",
                          "out/provenance.json", "out/report.html", "out/settings.json", "out/summary.csv"));
  EXPECT_EQ(fs::last_write_time(workshop_.images()), before);
  EXPECT_THAT(out("report.html"),
              AllOf(HasSubstr("sim_000.tif"), HasSubstr("sim_001.tif"), HasSubstr("--size 14:24")));
}

TEST_F(RunVerb, OfDarkObjectsTellsThePolarityAndKeepsItInTheModel) {
  succeed({"simulate", "-q", "-n", "2", "--image-size", "96x80", "--size", "14:24", "--set", "inverted=true",
           "-o", (folder_ / "dark").string()});
  const auto images = (folder_ / "dark/images").string();
  EXPECT_THAT(succeed(run({images})),
              HasSubstr("darker than its surroundings in 2 of 2 images: --polarity absorbing"));
  const auto settings = nlohmann::json::parse(out("settings.json"));
  EXPECT_EQ(settings["detector"]["intensity"]["polarity"], "absorbing");
  EXPECT_EQ(settings["detector"]["intensity"]["channel"], "grey");
  const auto labels = out("labels/sim_000.tif"), model = (folder_ / "out/model.safetensors").string();
  // The model knows it; and a word gives it another.
  succeed({"segment", images, "--model", model, "-q", "-o", (folder_ / "same").string()});
  EXPECT_EQ(read_text(folder_ / "same/labels/sim_000.tif"), labels);
  succeed({"segment", images, "--model", model, "-q", "--polarity", "bright", "-o",
           (folder_ / "other").string()});
  EXPECT_THAT(read_text(folder_ / "other/report.html"), HasSubstr("polarity&quot;: &quot;bright&quot;"));
}

TEST_F(RunVerb, OfFlatCellsInPhaseContrastKeepsTheReliefInTheModel) {
  fs::create_directory(folder_ / "flat");
  for (const uint64_t seed : {1, 2})
    write_grey_tiff(folder_ / "flat" / ("cells_" + std::to_string(seed) + ".tif"),
                    draw_phase_contrast({{50, 50, 11}, {55, 120, 11}, {125, 60, 11}}, 180, 180, seed), 16);
  const auto images = (folder_ / "flat").string();
  run_program(run({images}, {"--polarity", "relief"}));
  EXPECT_EQ(nlohmann::json::parse(out("settings.json"))["detector"]["intensity"]["polarity"], "relief");
  run_program({"segment", images, "--model", (folder_ / "out/model.safetensors").string(), "-q", "-o",
               (folder_ / "same").string()});
  EXPECT_EQ(read_text(folder_ / "same/labels/cells_1.tif"), out("labels/cells_1.tif"));
}

TEST_F(RunVerb, TellsThatSizesOfAReliefWereCutOff) {
  write_grey_tiff(folder_ / "small.tif",
                  draw_phase_contrast({{50, 50, 11}, {50, 120, 11}, {120, 60, 11}}, 180, 180, 1), 16);
  const auto result = run_program({"look", (folder_ / "small.tif").string(), "-q", "--polarity", "relief"});
  EXPECT_THAT(result.out, AllOf(HasSubstr("--size 20:"), HasSubstr("were cut off there"))) << result.err;
}

TEST_F(RunVerb, LooksAtTheChannelThatIsAskedFor) {
  const auto grey = run_program(run({workshop_.images()}, {"--channel", "green"}));
  EXPECT_EQ(grey.exit_code, 1);
  EXPECT_THAT(grey.err, AllOf(HasSubstr("channel 'green' is asked for, but the image has one channel"),
                              HasSubstr("none of the 2 training images could be read")));
  EXPECT_THAT(succeed(run({workshop_.images()}, {"--channel", "violet"})),
              HasSubstr("channel violet is asked for, and the only one there is is taken"));
}

TEST_F(RunVerb, GivenAgainUsesPriorAndModelAsTheyAre) {
  succeed(run({workshop_.images()}));
  const auto labels = out("labels/sim_000.tif");
  EXPECT_THAT(succeed(run({workshop_.images()})),
              AllOf(HasSubstr("prior.safetensors is used as it is"), HasSubstr("already trained")));
  EXPECT_EQ(out("labels/sim_000.tif"), labels);
}

TEST_F(RunVerb, GivenOtherShapesMakesANewPriorAndModel) {
  succeed(run({workshop_.images()}));
  const auto prior = out("prior.safetensors"), model = out("model.safetensors");
  const auto messages = succeed(run({workshop_.images()}, {"--set", "shapes.max_axis_ratio=1.2"}));
  EXPECT_THAT(messages, AllOf(Not(HasSubstr("as it is")), Not(HasSubstr("already trained"))));
  EXPECT_NE(out("prior.safetensors"), prior);
  EXPECT_NE(out("model.safetensors"), model);
}

TEST_F(RunVerb, GivenLabelMapsLearnsTheirShapes) {
  succeed(run({workshop_.images()}));
  succeed(run({workshop_.images()}, {"--learn-prior", workshop_.labels() + "/sim_000.tif"}));
  EXPECT_THAT(run_program({"info", (folder_ / "out/prior.safetensors").string()}).out,
              HasSubstr("learned from"));
}

TEST_F(RunVerb, TakesAPriorAsItIs) {
  succeed(run({workshop_.images()}, {"--prior", workshop_.prior()}));
  EXPECT_EQ(out("prior.safetensors"), read_text(workshop_.prior()));
}

TEST_F(RunVerb, SettingsFileOfARunGivesTheSameResultsAgain) {
  succeed(run({workshop_.images()}, {"--seed", "5"}));
  const auto again = (folder_ / "again").string();
  succeed({"run", workshop_.images(), "-q", "--threads", "1", "--size", "14:24", "--config",
           (folder_ / "out/settings.json").string(), "-o", again});
  EXPECT_EQ(read_text(fs::path(again) / "settings.json"), out("settings.json"));
  EXPECT_EQ(read_text(fs::path(again) / "model.safetensors"), out("model.safetensors"));
  EXPECT_EQ(read_text(fs::path(again) / "labels/sim_001.tif"), out("labels/sim_001.tif"));
}

TEST_F(RunVerb, EstimatesTheSizesWhereNobodySaysThem) {
  const auto run_with = [&](const std::string& folder, const Words& more) {
    Words words = Words{"run", workshop_.images(), "-o", (folder_ / folder).string()} + tiny_settings() +
                  tiny_prior_settings();
    const auto size = std::find(words.begin(), words.end(), "--size");
    words.erase(size, size + 2);
    return succeed(words + more);
  };
  const auto nothing = run_with("nothing", {}), automatic = run_with("auto", {"--size", "auto"});
  EXPECT_THAT(nothing, HasSubstr("sizes estimated from 2 images: --size "));
  EXPECT_EQ(read_text(folder_ / "nothing/settings.json"), read_text(folder_ / "auto/settings.json"));
  const auto settings = (folder_ / "auto/settings.json").string();
  EXPECT_THAT(run_with("config", {"--config", settings}), Not(HasSubstr("estimated")));
  EXPECT_THAT(run_with("set", {"--set", "detector.size.max=30"}), Not(HasSubstr("estimated")));
  EXPECT_EQ(read_text(folder_ / "config/settings.json"), read_text(settings));
}

TEST_F(RunVerb, KilledInItsTrainingGoesOnWhereItStopped) {
  const Words settings = tiny_settings(60, 10) + tiny_prior_settings();
  const Words words = Words{"run", workshop_.images(), "-o", (folder_ / "out").string()} + settings;
  const auto killed =
      run_program(words, {}, [&] { return fs::exists(folder_ / "out/checkpoint.safetensors"); });
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.err;
  EXPECT_THAT(succeed(words), AllOf(HasSubstr("used as it is"), HasSubstr("goes on from step ")));
  EXPECT_TRUE(fs::exists(folder_ / "out/labels/sim_001.tif"));
}

TEST_F(RunVerb, BrokenImageIsNamedAndTheOthersAreDone) {
  fs::copy(workshop_.images(), folder_ / "images");
  write_text(folder_ / "images/broken.tif", "this is no image");
  const auto result = run_program(run({(folder_ / "images").string()}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("broken.tif"), HasSubstr("1 of 3 images failed")));
  EXPECT_THAT(folder_.files(), AllOf(IsSupersetOf({"out/labels/sim_000.tif", "out/labels/sim_001.tif",
                                                   "out/report.html", "out/model.safetensors"}),
                                     Not(testing::Contains("out/labels/broken.tif"))));
}

TEST_F(RunVerb, SettingMayStandBeforeTheImages) {
  succeed(Words{"run"} + tiny_settings() + tiny_prior_settings() +
          Words{"-o", (folder_ / "out").string(), "--set", "seed=2", workshop_.images()});
  EXPECT_TRUE(fs::exists(folder_ / "out/report.html"));
}

TEST_F(RunVerb, ImagesWhoseResultsWouldShareANameAreRefusedBeforeTheWork) {
  simulate(folder_ / "more", 1);
  const auto image = folder_ / "more/images/sim_000.tif", same = folder_ / "more/images/sim_000.ome.tif";
  fs::copy_file(image, same);
  EXPECT_THAT(fail(run({image.string(), same.string()})), HasSubstr("sim_000"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(RunVerb, ModelGivenAsPriorIsOneLineOnStderr) {
  EXPECT_THAT(fail(run({workshop_.images()}, {"--prior", workshop_.model()})),
              AllOf(HasSubstr("'priorseg model 1'"), HasSubstr("'priorseg prior 1'")));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(RunVerb, UnknownOrImpossibleSettingIsOneLineOnStderr) {
  EXPECT_THAT(fail(run({workshop_.images()}, {"--set", "detector.trainig.steps=5"})),
              HasSubstr("'detector.trainig' is not known"));
  EXPECT_THAT(fail(run({workshop_.images()}, {"--set", "detector.training.steps=-5"})),
              HasSubstr("training.steps is -5"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

class WrongUsage : public testing::TestWithParam<Words> {};

INSTANTIATE_TEST_SUITE_P(Run, WrongUsage,
                         testing::Values(Words{"--size", "20"}, Words{"--size", "40:20"},
                                         Words{"--size", "20:40px"}, Words{"--size", "0:40"},
                                         Words{"--size", "20:40", "--set", "detector.training.steps"},
                                         Words{"--size", "20:40", "--preset", "best"},
                                         Words{"--size", "20:40", "--config", "none.json"},
                                         Words{"--size", "20:40", "--prior", "a", "--learn-prior", "b"}));

TEST_P(WrongUsage, IsOneLineOnStderrAndExitCodeTwo) {
  const TemporaryFolder folder;
  const auto result = run_program(Words{"run", Workshop::instance().images()} + GetParam(), folder.path());
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
  EXPECT_THAT(folder.files(), ElementsAre());
}

}  // namespace
}  // namespace priorseg::test
