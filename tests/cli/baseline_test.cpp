// priorseg baseline train, segment, pretrain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <nlohmann/json.hpp>

#include "cli/tiny_job.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/image/image_file.h"
#include "priorseg/nn/mixed_precision.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

/// Settings of a network that trains in an instant.
Words tiny_baseline(int64_t steps = 4, int64_t checkpoint_every = 2) {
  Words words = {"-q", "--threads", "1"};
  for (const std::string& setting :
       {std::string("backbone.kind=resnet18"), std::string("backbone.pyramid_channels=8"),
        std::string("regions.box_width=16"), std::string("regions.mask_channels=8"),
        std::string("regions.samples=16"), std::string("proposals.most_after_nms=50"),
        std::string("proposals.most_after_nms_found=50"), std::string("training.crop_size=64"),
        std::string("training.batch_size=1"), std::string("training.validation_crops=1"),
        "training.steps=" + std::to_string(steps),
        "training.checkpoint_every=" + std::to_string(checkpoint_every)}) {
    words = words + Words{"--set", setting};
  }
  return words;
}

/// Two annotated images and a model, made once a test program. Tests read them only.
class BaselineWorkshop {
 public:
  static const BaselineWorkshop& instance() {
    static const BaselineWorkshop workshop;
    return workshop;
  }
  std::string images() const { return (folder_ / "sim/images").string(); }
  std::string labels() const { return (folder_ / "sim/labels").string(); }
  std::string model() const { return (folder_ / "model.safetensors").string(); }

 private:
  BaselineWorkshop() {
    simulate(folder_ / "sim", 2);
    succeed(Words{"baseline", "train", images(), labels(), "--size", "14:24", "-o", model()} +
            tiny_baseline());
  }
  TemporaryFolder folder_;
};

class BaselineVerb : public testing::Test {
 protected:
  Words train(const std::string& model, const Words& more) const {
    return Words{"baseline", "train", workshop_.images(),        workshop_.labels(), "--size",
                 "14:24",    "-o",    (folder_ / model).string()} +
           more;
  }
  Words segment(const Words& more = {}) const {
    return Words{"baseline",
                 "segment",
                 workshop_.images(),
                 "--model",
                 workshop_.model(),
                 "-q",
                 "--threads",
                 "1",
                 "-o",
                 (folder_ / "out").string()} +
           more;
  }
  static nlohmann::json settings_of(const fs::path& model) {
    return nlohmann::json::parse(read_tensor_file(model).metadata.at("settings"));
  }

  const BaselineWorkshop& workshop_ = BaselineWorkshop::instance();
  TemporaryFolder folder_;
};

TEST_F(BaselineVerb, TrainWritesTheModelAndTheTableOfLosses) {
  EXPECT_THAT(succeed(train("m.safetensors", tiny_baseline())),
              AllOf(HasSubstr("none is held out"), HasSubstr("validation loss was lowest at step")));
  EXPECT_THAT(folder_.files(), ElementsAre("m.losses.csv", "m.safetensors"));
  const auto losses = read_text(folder_ / "m.losses.csv");
  EXPECT_THAT(losses, testing::StartsWith("step,loss,class,box,mask,objectness,proposal,validation\n"));
  EXPECT_EQ(count_lines(losses), 3);
  EXPECT_EQ(settings_of(folder_ / "m.safetensors").at("origin"),
            "random weights, then trained on 2 annotated images");
}

TEST_F(BaselineVerb, KilledGoesOnFromItsCheckpointAndEndsLikeAnUninterruptedOne) {
  const auto settings = tiny_baseline(12, 2);
  const auto killed = run_program(train("killed.safetensors", settings), {},
                                  [&] { return fs::exists(folder_ / "killed.checkpoint.safetensors"); });
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.err;
  EXPECT_THAT(succeed(train("killed.safetensors", settings)), HasSubstr("goes on from step "));
  EXPECT_FALSE(fs::exists(folder_ / "killed.checkpoint.safetensors"));
  succeed(train("whole.safetensors", settings));
  EXPECT_EQ(read_text(folder_ / "killed.safetensors"), read_text(folder_ / "whole.safetensors"));
  EXPECT_EQ(read_text(folder_ / "killed.losses.csv"), read_text(folder_ / "whole.losses.csv"));
}

TEST_F(BaselineVerb, FinishedTrainingIsUsedAsItIsUntilRestart) {
  succeed(train("m.safetensors", tiny_baseline()));
  EXPECT_THAT(succeed(train("m.safetensors", tiny_baseline())), HasSubstr("already trained"));
  EXPECT_THAT(succeed(train("m.safetensors", tiny_baseline() + Words{"--restart"})),
              Not(HasSubstr("already trained")));
  EXPECT_THAT(succeed(train("m.safetensors", tiny_baseline(6))), Not(HasSubstr("already trained")));
}

TEST_F(BaselineVerb, PretrainedWeightsAreTakenOverAndTold) {
  const auto start = (folder_ / "start.safetensors").string();
  succeed(Words{"baseline", "pretrain", "-n", "1", "--size", "14:24", "-o", start} + tiny_baseline(2));
  EXPECT_THAT(settings_of(start).at("origin"), HasSubstr("simulated images (preset mixed; no COCO weights)"));
  EXPECT_THAT(succeed(train("m.safetensors", tiny_baseline() + Words{"--pretrained", start, "--finetune"})),
              HasSubstr("starts from " + start));
  const auto settings = settings_of(folder_ / "m.safetensors");
  EXPECT_THAT(settings.at("origin"), AllOf(HasSubstr("no COCO weights"), HasSubstr("2 annotated images")));
  EXPECT_TRUE(settings.at("baseline").at("backbone").at("frozen_norm"));
  EXPECT_TRUE(settings.at("baseline").at("training").at("heads_only"));
  const auto before = read_tensor_file(start).tensors,
             after = read_tensor_file(folder_ / "m.safetensors").tensors;
  const std::string body = "backbone.body.layer3.0.conv1.weight";
  EXPECT_TRUE(after.at(body).equal(before.at(body)));
}

TEST_F(BaselineVerb, PretrainedFileOfSomethingElseIsOneLineOnStderr) {
  write_tensor_file(folder_ / "x.safetensors", {{{"a", torch::zeros({1})}}, {}});
  EXPECT_THAT(fail(train("m.safetensors",
                         tiny_baseline() + Words{"--pretrained", (folder_ / "x.safetensors").string()})),
              HasSubstr("neither a Mask R-CNN nor a ResNet"));
  EXPECT_THAT(folder_.files(), ElementsAre("x.safetensors"));
}

TEST_F(BaselineVerb, FinetuneWithoutPretrainedWeightsIsAUsageError) {
  EXPECT_EQ(run_program(train("m.safetensors", {"--finetune"})).exit_code, 2);
  EXPECT_EQ(run_program({"baseline", "train", workshop_.images(), workshop_.labels()}).exit_code, 2);
  EXPECT_EQ(run_program({"baseline"}).exit_code, 2);
}

TEST_F(BaselineVerb, LabelMapWithoutImageIsOneLineOnStderr) {
  fs::copy(workshop_.labels(), folder_ / "labels");
  fs::rename(folder_ / "labels/sim_001.tif", folder_ / "labels/other.tif");
  EXPECT_THAT(fail({"baseline", "train", workshop_.images(), (folder_ / "labels").string(), "--size", "14:24",
                    "-o", (folder_ / "m.safetensors").string()}),
              AllOf(HasSubstr("no image for 1 of 2 label maps"), HasSubstr("other.tif")));
}

TEST_F(BaselineVerb, UnknownSettingIsOneLineOnStderr) {
  EXPECT_THAT(fail(train("m.safetensors", {"--set", "training.step=3"})),
              AllOf(HasSubstr("training.step"), HasSubstr("not known")));
}

TEST_F(BaselineVerb, SegmentMakesExactlyThePromisedFiles) {
  succeed(segment({"--score", "0"}));
  EXPECT_THAT(folder_.files(),
              ElementsAre("out/.priorseg/files", "out/.priorseg/lock", "out/images.csv",
                          "out/labels/sim_000.tif", "out/labels/sim_001.tif", "out/manifest.jsonl",
                          "out/objects.csv", "out/overlays/sim_000.png", "out/overlays/sim_001.png",
                          "out/provenance.json", "out/report.html", "out/summary.csv"));
  int64_t objects = 0;
  for (const char* name : {"sim_000.tif", "sim_001.tif"}) {
    const auto labels = read_label_map(folder_ / "out/labels" / name);
    EXPECT_EQ(labels.sizes(), (torch::IntArrayRef{96, 80}));
    objects += labels.max().item<int32_t>();
  }
  EXPECT_EQ(count_lines(read_text(folder_ / "out/objects.csv")), objects + 1);
  EXPECT_THAT(read_text(folder_ / "out/report.html"), HasSubstr("random weights, then trained on"));
}

TEST_F(BaselineVerb, ScoreOfTheCommandLineDecides) {
  succeed(segment({"--score", "1"}));
  EXPECT_EQ(count_lines(read_text(folder_ / "out/objects.csv")), 1);
  EXPECT_EQ(run_program(segment({"--score", "2"})).exit_code, 2);
}

TEST_F(BaselineVerb, PrecisionOfTheCommandLineDecides) {
  EXPECT_EQ(run_program(segment({"--precision", "float64"})).exit_code, 2);
  succeed(segment({"--score", "0"}));
  const auto as_in_the_model = read_text(folder_ / "out/objects.csv");
  succeed(segment({"--score", "0", "--precision", "float32"}));
  const auto exact = read_text(folder_ / "out/objects.csv");
  EXPECT_GT(count_lines(exact), 1);
  EXPECT_EQ(exact != as_in_the_model, has_bfloat16_units());
}

TEST_F(BaselineVerb, ModelsOfTheOtherKindAreRefused) {
  EXPECT_THAT(fail({"segment", workshop_.images(), "--model", workshop_.model()}, folder_.path()),
              AllOf(HasSubstr("'priorseg baseline 1'"), HasSubstr("'priorseg model 1'")));
  EXPECT_THAT(
      fail({"baseline", "segment", workshop_.images(), "--model", "none.safetensors"}, folder_.path()),
      HasSubstr("none.safetensors"));
}

TEST_F(BaselineVerb, InfoShowsTheModel) {
  const auto result = run_program({"info", workshop_.model()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("priorseg baseline 1"), HasSubstr("2 annotated images")));
}

}  // namespace
}  // namespace priorseg::test
