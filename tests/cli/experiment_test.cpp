// priorseg experiment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/tiny_job.h"
#include "priorseg/image/image_file.h"
#include "support/look_alikes.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

/// Budgets and networks that are done in an instant.
Words tiny_budgets(int iterations_full = 3) {
  Words words = {"-q",
                 "--threads",
                 "1",
                 "--steps-ours",
                 "3",
                 "--iterations-full",
                 std::to_string(iterations_full),
                 "--iterations-one",
                 "2",
                 "--iterations-pretrain",
                 "2",
                 "--images-pretrain",
                 "1"};
  for (const char* setting :
       {"prior_masks=64", "prior.steps=10", "prior.batch_size=16", "detector.localizer.channels=[8,8,16,16]",
        "detector.localizer.reduction=1", "detector.encoder.channels=[8,8,16]",
        "prior.encoder.channels=[8,8,16]", "prior.decoder.channels=[16,8,8]",
        "detector.training.batch_size=1", "detector.training.crop_size=64"})
    words = words + Words{"--set", setting};
  for (const char* setting :
       {"backbone.kind=resnet18", "backbone.pyramid_channels=8", "regions.box_width=16",
        "regions.mask_channels=8", "regions.samples=16", "proposals.most_after_nms=50",
        "proposals.most_after_nms_found=50", "training.crop_size=64", "training.batch_size=1",
        "training.validation_crops=1", "training.checkpoint_every=1"})
    words = words + Words{"--set-baseline", setting};
  return words;
}

class ExperimentVerb : public testing::Test {
 protected:
  /// A folder of one's own: six images with label maps.
  void make_folder() { simulate(folder_ / "mine", 6); }
  Words on_folder(const Words& more, int iterations_full = 3) const {
    return Words{"experiment", "folder",      (folder_ / "mine").string(), "--size", "14:24",
                 "-o",         out().string()} +
           tiny_budgets(iterations_full) + more;
  }
  fs::path out() const { return folder_ / "out"; }
  nlohmann::json result(const std::string& system) const {
    return nlohmann::json::parse(read_text(out() / system / "result.json"));
  }
  TemporaryFolder folder_;
};

TEST_F(ExperimentVerb, RunsAllSystemsAndWritesTheComparison) {
  make_folder();
  const auto told = succeed(on_folder({"--systems", "all", "--budget", "1,2,50"}));
  EXPECT_THAT(told, HasSubstr("9 systems compared"));
  const auto table = read_text(out() / "results.md");
  for (const char* system :
       {"ours-annotation", "ours-synthetic", "mrcnn-scratch-one", "mrcnn-scratch-full", "mrcnn-finetune-one",
        "mrcnn-finetune-full", "default-annotation", "default-synthetic", "mrcnn-scratch-2"}) {
    EXPECT_THAT(table, HasSubstr(std::string("| ") + system + " | ")) << system;
    EXPECT_TRUE(result(system).at("mAP").is_number()) << system;
  }
  EXPECT_THAT(table, AllOf(HasSubstr("not COCO weights"), HasSubstr("Trained on sim_000 to sim_002 (3)"),
                           HasSubstr("Measured on all 3 test images"), HasSubstr("## Annotation budget")));
  EXPECT_EQ(count_lines(read_text(out() / "results.csv")), 10);
  for (const char* file : {"report.html", "ap.svg", "budget.svg", "panels.png",
                           "learning/mrcnn-scratch-2.svg", "learning/ours-synthetic.svg"})
    EXPECT_TRUE(fs::exists(out() / file)) << file;
  EXPECT_EQ(result("mrcnn-scratch-2").at("training").at("annotated_images").size(), 2u);
  EXPECT_EQ(result("ours-annotation").at("training").at("shapes"), "sim_000");
}

TEST_F(ExperimentVerb, KeepsResultsAndAddsFurtherSystems) {
  make_folder();
  succeed(on_folder({"--systems", "mrcnn-scratch-one"}));
  const auto before = read_text(out() / "mrcnn-scratch-one/result.json");
  EXPECT_THAT(succeed(on_folder({"--systems", "mrcnn-scratch-one,mrcnn-scratch-full"})),
              AllOf(HasSubstr("mrcnn-scratch-one: its result is there already"),
                    HasSubstr("mrcnn-scratch-full: mAP")));
  EXPECT_EQ(read_text(out() / "mrcnn-scratch-one/result.json"), before);
  EXPECT_EQ(count_lines(read_text(out() / "results.csv")), 3);
  EXPECT_THAT(succeed(on_folder({"--systems", "mrcnn-scratch-one", "--restart"})),
              Not(HasSubstr("is there already")));
}

TEST_F(ExperimentVerb, TableTellsWhichSettingsWereChanged) {
  make_folder();
  write_text(folder_ / "mine.json", R"({"prior_masks": 32})");
  succeed(on_folder({"--systems", "ours-synthetic,mrcnn-scratch-one", "--config",
                     (folder_ / "mine.json").string(), "--set", "detector.loss.kl_weight=0.002"}));
  const auto of = [&](const char* system) { return result(system).at("note").get<std::string>(); };
  EXPECT_THAT(of("ours-synthetic"),
              AllOf(HasSubstr("; with settings of "), HasSubstr("mine.json; with prior_masks=64; with "),
                    HasSubstr("; with detector.loss.kl_weight=0.002."), Not(HasSubstr("backbone.kind"))));
  EXPECT_THAT(of("mrcnn-scratch-one"),
              AllOf(HasSubstr("from random weights; with backbone.kind=resnet18; with "),
                    Not(HasSubstr("kl_weight"))));
  EXPECT_THAT(read_text(out() / "results.md"), HasSubstr("detector.loss.kl_weight=0.002"));
}

TEST_F(ExperimentVerb, SettingsOfTheUserWinOverThePapersForTheDataSet) {
  make_sequence(folder_ / "psc", "01", 0, 3, "ST", 190, 200);
  write_text(folder_ / "mine.json", R"({"detector": {"loss": {"kl_weight": 0.25}}})");
  succeed(Words{"experiment", "phc-c2dl-psc", (folder_ / "psc").string(), "--size", "20:40", "--systems",
                "ours-synthetic", "--config", (folder_ / "mine.json").string(), "-o", out().string()} +
          tiny_budgets());
  const auto settings = result("ours-synthetic").at("training").at("settings").at("detector");
  EXPECT_NEAR(settings.at("loss").at("kl_weight").get<double>(), 0.25, 1e-9);
  EXPECT_EQ(settings.at("size").at("scale_max"), 2);
}

TEST_F(ExperimentVerb, ResultOfOtherSettingsIsRefused) {
  make_folder();
  succeed(on_folder({"--systems", "mrcnn-scratch-one"}));
  const auto other = run_program(on_folder({"--systems", "mrcnn-scratch-one", "--seed", "2"}));
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, AllOf(HasSubstr("result.json belongs to a training with other settings"),
                               HasSubstr("--restart")));
}

TEST_F(ExperimentVerb, OtherTestImagesAreMeasuredWithoutTrainingAgain) {
  make_folder();
  succeed(on_folder({"--systems", "mrcnn-scratch-one", "--test-images", "1"}));
  EXPECT_THAT(read_text(out() / "results.md"), HasSubstr("A quick look: measured on 1 of 3 test images"));
  EXPECT_EQ(result("mrcnn-scratch-one").at("test").at("images").size(), 1u);
  EXPECT_THAT(succeed(on_folder({"--systems", "mrcnn-scratch-one"})), HasSubstr("already trained"));
  EXPECT_EQ(result("mrcnn-scratch-one").at("test").at("images").size(), 3u);
}

TEST_F(ExperimentVerb, InterruptedTrainingGoesOn) {
  make_folder();
  const auto words = on_folder({"--systems", "mrcnn-scratch-full"}, 12);
  const auto checkpoint = out() / "mrcnn-scratch-full/model.checkpoint.safetensors";
  const auto killed = run_program(words, {}, [&] { return fs::exists(checkpoint); });
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.err;
  EXPECT_THAT(succeed(words), HasSubstr("goes on from step"));
  EXPECT_EQ(result("mrcnn-scratch-full").at("steps"), 12);
}

TEST_F(ExperimentVerb, TellsWhatMadeTheWeightsThatAreFinetuned) {
  make_folder();
  succeed(on_folder({"--systems", "mrcnn-finetune-one"}));
  const auto weights = folder_ / "stand_in.safetensors";
  fs::rename(out() / "pretraining/model.safetensors", weights);
  fs::remove_all(out());
  succeed(on_folder({"--systems", "mrcnn-finetune-one", "--pretrained", weights.string()}));
  EXPECT_FALSE(fs::exists(out() / "pretraining"));
  const std::string origin = "trained on 1 simulated images (preset mixed; no COCO weights)";
  EXPECT_THAT(result("mrcnn-finetune-one").at("training").at("start").get<std::string>(),
              AllOf(HasSubstr("stand_in.safetensors"), HasSubstr(origin)));
  EXPECT_THAT(read_text(out() / "results.md"), HasSubstr(origin));
}

TEST_F(ExperimentVerb, CutsAndResizesByTheProtocolOfTheDataSet) {
  make_sequence(folder_ / "psc", "01", 0, 3, "ST", 190, 200);
  succeed(Words{"experiment", "phc-c2dl-psc", (folder_ / "psc").string(), "--size", "20:40", "--systems",
                "default-synthetic,ours-annotation", "-o", out().string()} +
          tiny_budgets());
  const auto labels = read_label_map(out() / "default-synthetic/labels/01_t002_y31_x36.tif");
  EXPECT_EQ(labels.sizes(), (torch::IntArrayRef{256, 256}));
  EXPECT_THAT(read_text(out() / "results.md"),
              AllOf(HasSubstr("Not the paper's split"), HasSubstr("squares of 128 x 128 px"),
                    HasSubstr("resized to 256 x 256 px"), HasSubstr("Objects of 20 to 40 px"),
                    HasSubstr("| *ours-annotation* | 0.6840 |")));
  const auto settings = result("ours-annotation").at("training").at("settings").at("detector");
  EXPECT_EQ(settings.at("size").at("scale_max"), 2);
  EXPECT_NEAR(settings.at("size").at("min").get<double>(), 40, 1e-4);
  EXPECT_NEAR(settings.at("size").at("object_cells").get<double>(), std::sqrt(20 * 40) * 2 / 16, 1e-4);
  EXPECT_EQ(settings.at("loss").at("edge_pooling"), "batch");
  EXPECT_NEAR(settings.at("loss").at("kl_weight").get<double>(), 0.1, 1e-9);
  const auto masks = result("ours-annotation").at("training").at("settings").at("mask_patches");
  EXPECT_EQ(masks.at("min_width"), 0.6);
}

TEST_F(ExperimentVerb, StandInForTheSimulatedNucleiIsRunWithThePapersParametersAndNamedAsSuch) {
  succeed({"simulate", "-q", "-n", "4", "--preset", "hl60", "--image-size", "160x160", "-o",
           (folder_ / "hl60").string()});
  succeed(Words{"experiment", "simulated-hl60", (folder_ / "hl60").string(), "--systems", "ours-synthetic",
                "--set", "detector.loss.edge_pooling=image", "-o", out().string()} +
          tiny_budgets());
  const auto table = read_text(out() / "results.md");
  EXPECT_THAT(table, AllOf(HasSubstr("a stand-in for Fluo-N2DH-SIM+"), HasSubstr("resized to 256 x 256 px"),
                           HasSubstr("on Fluo-N2DH-SIM+, images of another simulator"),
                           HasSubstr("| *ours-synthetic* | 0.9600 |")));
  const auto settings = result("ours-synthetic").at("training").at("settings").at("detector");
  EXPECT_EQ(settings.at("intensity").at("truncate_mean"), 1.2);
  EXPECT_EQ(settings.at("loss").at("edge_pooling"), "image");
}

TEST_F(ExperimentVerb, WithoutAKnownObjectSizeAsksForIt) {
  make_folder();
  EXPECT_THAT(fail({"experiment", "folder", (folder_ / "mine").string(), "-o", out().string()}),
              HasSubstr("expected --size MIN:MAX"));
}

TEST_F(ExperimentVerb, FolderThatIsNotTheDataSetIsOneLineOnStderr) {
  make_folder();
  EXPECT_THAT(fail({"experiment", "bbbc006", (folder_ / "mine").string(), "-o", out().string()}),
              HasSubstr("holds no folder BBBC006_v1_images_z_16"));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(ExperimentVerb, UnknownSystemOrWrongBudgetIsOneLineOnStderr) {
  make_folder();
  EXPECT_THAT(fail(on_folder({"--systems", "mrcnn"})), HasSubstr("'mrcnn' is not known"));
  EXPECT_THAT(fail(on_folder({"--budget", "1,many"})), HasSubstr("'many'"));
  EXPECT_THAT(fail(on_folder({"--test-images-folder", "x"})), HasSubstr("belong together"));
}

TEST_F(ExperimentVerb, WrongUsageReturnsTwo) {
  EXPECT_EQ(run_program({"experiment"}).exit_code, 2);
  EXPECT_EQ(run_program({"experiment", "bbbc007", "x"}).exit_code, 2);
  EXPECT_EQ(run_program({"experiment", "folder", "x", "--iterations-one", "0"}).exit_code, 2);
  EXPECT_EQ(run_program({"experiment", "folder", "x", "--set-baseline", "a"}).exit_code, 2);
}

TEST_F(ExperimentVerb, DevicesThatAreNotThereAreOneLine) {
  for (const Words& verb : {Words{"experiment", "folder", "x"}, Words{"baseline", "pretrain"}}) {
    EXPECT_THAT(fail(Words{"--device", "cuda:99"} + verb), HasSubstr("cuda:99"));
  }
}

}  // namespace
}  // namespace priorseg::test
