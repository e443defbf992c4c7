#include "priorseg/maskrcnn/baseline_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "maskrcnn/tiny_baseline.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/maskrcnn/network.h"
#include "priorseg/nn/mixed_precision.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/thread_count.h"

namespace priorseg {
namespace {

using namespace test;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Weights = std::map<std::string, torch::Tensor>;

MaskRcnnOptions four_steps() {
  auto options = tiny_baseline_options();
  options.training.steps = 4;
  options.training.batch_size = 1;
  return options;
}

struct Training {
  explicit Training(MaskRcnnOptions options = four_steps(), uint64_t initial_seed = 1, uint64_t seed = 5,
                    int64_t images = 1)
      : model(std::move(options), initial_seed), trainer(model, annotated_disks(model, images), seed) {}

  void step(int64_t count) {
    for (int64_t i = 0; i < count; ++i) trainer.step();
  }

  MaskRcnn model;
  BaselineTrainer trainer;
};

std::vector<std::string> changed(const Weights& before, const Weights& after) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : before)
    if (!tensor.equal(after.at(name))) names.push_back(name);
  return names;
}

/// Share of the pixels of label `label` and of the object that covers most of it that are common.
double best_iou(const Detections& found, const torch::Tensor& labels, int32_t label) {
  const auto truth = labels == label;
  double best = 0;
  for (const auto& object : found.objects) {
    const auto bits = torch::tensor(std::vector<int64_t>(object.bits.begin(), object.bits.end()))
                          .view({object.height, object.width})
                          .to(torch::kBool);
    const auto there =
        truth.slice(0, object.y0, object.y0 + object.height).slice(1, object.x0, object.x0 + object.width);
    const auto common = (bits & there).sum().item<double>();
    best = std::max(best, common / (truth.sum().item<double>() + static_cast<double>(object.area) - common));
  }
  return best;
}

/// A model that has learned two images by heart, made once a test program.
MaskRcnn& learned_model() {
  static auto* training = [] {
    auto options = tiny_baseline_options();
    options.training.steps = 110;
    auto* made = new Training(options, 1, 5, 2);
    made->step(110);
    return made;
  }();
  return training->model;
}

void expect_every_object(const Detections& found, const torch::Tensor& labels) {
  const int32_t count = labels.max().item<int32_t>();
  EXPECT_EQ(found.objects.size(), static_cast<size_t>(count));
  for (int32_t label = 1; label <= count; ++label) EXPECT_GT(best_iou(found, labels, label), 0.8) << label;
}

TEST(BaselineTrainer, LeavesTheGlobalGeneratorAsItWasAndTheModelInEvaluationMode) {
  const auto state = [] { return at::detail::getDefaultCPUGenerator().get_state(); };
  const auto annotated = annotated_disks(MaskRcnn(four_steps(), 1), 1);
  const auto before = state();
  MaskRcnn model(four_steps(), 1);
  BaselineTrainer trainer(model, annotated, 5);
  trainer.step();
  trainer.validate();
  EXPECT_TRUE(state().equal(before));
  EXPECT_FALSE(model.network()->is_training());
}

TEST(BaselineTrainer, LearnsAFewImagesByHeart) {
  for (const uint64_t image : {1u, 2u}) {
    const auto [pixels, labels] = draw_disks(image);
    expect_every_object(learned_model().find({pixels, 0}), labels);
  }
}

TEST(BaselineTrainer, FindsTheObjectsWithBfloat16) {
  if (!has_bfloat16_units()) GTEST_SKIP() << "this processor has no units for bfloat16";
  const auto& model = learned_model();
  const auto [pixels, labels] = draw_disks(1);
  const auto scores = model.find({pixels, 0}).instances.scores;
  auto rounded = model.options().inference;
  rounded.precision = Precision::kBFloat16;
  const auto found = model.find({pixels, 0}, rounded);
  expect_every_object(found, labels);
  EXPECT_FALSE(found.instances.scores.equal(scores)) << "computed in float32";
}

TEST(BaselineTrainer, TilesFindTheObjectsOfTheWholeImageOnce) {
  auto& model = learned_model();
  const auto pixels = torch::cat({draw_disks(1).first, draw_disks(2).first}, 2);
  const auto whole = model.find({pixels, 0});
  auto inference = model.options().inference;
  inference.tile = 64;
  const auto tiled = model.find({pixels, 0}, inference);
  auto labels = torch::zeros({128, 256}, torch::kInt32);
  for (size_t i = 0; i < whole.objects.size(); ++i) {
    const auto& object = whole.objects[i];
    const auto bits = torch::tensor(std::vector<int64_t>(object.bits.begin(), object.bits.end()))
                          .view({object.height, object.width});
    labels.slice(0, object.y0, object.y0 + object.height)
        .slice(1, object.x0, object.x0 + object.width)
        .masked_fill_(bits > 0, static_cast<int32_t>(i) + 1);
  }
  EXPECT_GE(whole.objects.size(), 10u);
  expect_every_object(tiled, labels);
}

TEST(BaselineTrainer, StepTellsItsFiguresAndCounts) {
  Training training;
  const auto figures = training.trainer.step();
  EXPECT_EQ(training.trainer.steps_done(), 1);
  EXPECT_EQ(training.trainer.steps_total(), 4);
  ASSERT_EQ(figures.size(), 6u);
  EXPECT_EQ(figures.front().first, "loss");
  double sum = 0;
  for (size_t i = 1; i < figures.size(); ++i) sum += figures[i].second;
  EXPECT_NEAR(figures.front().second, sum, 1e-4);
}

TEST(BaselineTrainer, ShortPrecisionGivesNearlyTheSameLosses) {
  if (!has_bfloat16_units()) GTEST_SKIP() << "this processor has no units for bfloat16";
  const auto first_figures = [](Precision precision) {
    auto options = four_steps();
    options.training.precision = precision;
    return Training(options).trainer.step();
  };
  const auto exact = first_figures(Precision::kFloat32), rounded = first_figures(Precision::kBFloat16);
  EXPECT_NE(exact.front().second, rounded.front().second);
  for (size_t i = 0; i < exact.size(); ++i)
    EXPECT_NEAR(rounded[i].second, exact[i].second, 0.1 * exact.front().second) << exact[i].first;
}

TEST(BaselineTrainer, IsRepeatableBySeed) {
  const ThreadCount one(1);
  Training first, again, other(four_steps(), 1, 6);
  first.step(2), again.step(2), other.step(2);
  EXPECT_THAT(changed(weights_of(first.model), weights_of(again.model)), ElementsAre());
  EXPECT_FALSE(changed(weights_of(first.model), weights_of(other.model)).empty());
}

TEST(BaselineTrainer, HeadsOnlyLeavesTheResNetBitIdentical) {
  auto options = four_steps();
  options.training.heads_only = true;
  Training training(options);
  const auto before = weights_of(training.model);
  training.step(2);
  const auto names = changed(before, weights_of(training.model));
  EXPECT_THAT(names, Each(Not(StartsWith("backbone.body."))));
  EXPECT_THAT(names, testing::IsSupersetOf({"backbone.fpn.inner_blocks.0.0.weight",
                                            "rpn.head.cls_logits.weight", "roi_heads.box_head.fc6.weight",
                                            "roi_heads.mask_predictor.mask_fcn_logits.weight"}));
}

TEST(BaselineTrainer, FrozenNormChangesNoStatistics) {
  auto options = four_steps();
  options.backbone.frozen_norm = true;
  Training training(options);
  const auto before = weights_of(training.model);
  training.step(1);
  const auto names = changed(before, weights_of(training.model));
  EXPECT_THAT(names, Each(Not(HasSubstr("running"))));
  EXPECT_THAT(names, Each(Not(HasSubstr(".bn"))));
  EXPECT_THAT(names, testing::Contains("backbone.body.layer1.0.conv1.weight"));
}

TEST(BaselineTrainer, HoldsImagesOutOnlyWhereThereAreEnough) {
  EXPECT_EQ(Training(four_steps(), 1, 5, 3).trainer.num_held_out(), 0);
  const Training four(four_steps(), 1, 5, 4);
  EXPECT_EQ(four.trainer.num_held_out(), 1);
  EXPECT_EQ(four.trainer.num_training_images(), 3);
  auto options = four_steps();
  options.training.held_out = 0;
  EXPECT_EQ(Training(options, 1, 5, 4).trainer.num_held_out(), 0);
}

TEST(BaselineTrainer, TakesTheWeightsOfTheLowestValidationLoss) {
  Training training;
  const double before = training.trainer.validate();
  EXPECT_EQ(training.trainer.validate(), before);
  const auto best = weights_of(training.model);
  {
    torch::NoGradGuard no_grad;
    for (auto& parameter : training.model.network()->parameters()) parameter.mul_(3);
  }
  EXPECT_GT(training.trainer.validate(), before);
  EXPECT_EQ(training.trainer.take_best(), 0);
  EXPECT_THAT(changed(best, weights_of(training.model)), ElementsAre());
}

TEST(BaselineTrainer, WithoutAnImageOrAnObjectIsAnError) {
  MaskRcnn model(four_steps(), 1);
  EXPECT_THAT(error_message([&] { BaselineTrainer(model, {}, 1); }), HasSubstr("no image to train on"));
  const AnnotatedImage empty{torch::zeros({64, 64}), torch::zeros({64, 64}, torch::kInt32)};
  EXPECT_THAT(error_message([&] { BaselineTrainer(model, {empty}, 1); }), HasSubstr("hold no object"));
}

TEST(BaselineTrainer, TrainsOnCropsWithoutAnObject) {
  MaskRcnn model(four_steps(), 1);
  auto images = annotated_disks(model, 1);
  images.front().labels.zero_();
  images.front().labels[0][0] = 1;  // too small to count
  BaselineTrainer trainer(model, images, 1);
  for (const auto& [name, value] : trainer.step()) EXPECT_TRUE(std::isfinite(value)) << name;
  EXPECT_TRUE(std::isfinite(trainer.validate()));
}

TEST(BaselineTrainer, LossThatIsNotANumberIsAnErrorThatTellsTheStep) {
  MaskRcnn model(four_steps(), 1);
  auto images = annotated_disks(model, 1);
  images.front().mapped.fill_(NAN);
  BaselineTrainer trainer(model, images, 1);
  EXPECT_THAT(error_message([&] { trainer.step(); }),
              AllOf(HasSubstr("unstable at step 1"), HasSubstr("training.learning_rate")));
}

class BaselineCheckpoint : public testing::Test {
 protected:
  BaselineCheckpoint() {
    before_.step(2);
    before_.trainer.validate();
    before_.trainer.save_checkpoint(path());
  }
  std::filesystem::path path() const { return folder_ / "checkpoint.safetensors"; }
  std::string message_of_loading(Training& training) const {
    return error_message([&] { training.trainer.load_checkpoint(path()); });
  }

  const ThreadCount one_{1};
  TemporaryFolder folder_;
  Training before_;
};

TEST_F(BaselineCheckpoint, ResumedTrainingEndsBitIdenticalToAnUninterruptedOne) {
  Training resumed(four_steps(), 99);  // other initial weights: all that matters is in the checkpoint
  resumed.trainer.load_checkpoint(path());
  EXPECT_EQ(resumed.trainer.steps_done(), 2);
  resumed.step(2);
  Training uninterrupted;
  uninterrupted.step(4);
  EXPECT_THAT(changed(weights_of(uninterrupted.model), weights_of(resumed.model)), ElementsAre());
  before_.step(2);
  EXPECT_EQ(resumed.trainer.take_best(), 2);
  before_.trainer.take_best();
  EXPECT_THAT(changed(weights_of(before_.model), weights_of(resumed.model)), ElementsAre());
}

TEST_F(BaselineCheckpoint, OfAnotherTrainingIsRefused) {
  auto options = four_steps();
  options.training.learning_rate = 1e-4;
  Training other_settings(options), other_seed(four_steps(), 1, 6), other_start;
  other_start.model.set_origin("something else");
  for (Training* training : {&other_settings, &other_seed, &other_start}) {
    EXPECT_THAT(message_of_loading(*training), AllOf(HasSubstr("other settings"), HasSubstr("--restart")));
    EXPECT_EQ(training->trainer.steps_done(), 0);
  }
}

TEST_F(BaselineCheckpoint, ThatIsAModelIsRefused) {
  before_.model.save(path());
  Training training;
  EXPECT_THAT(message_of_loading(training),
              HasSubstr("is a 'priorseg baseline 1', expected a 'priorseg baseline checkpoint 1'"));
}

}  // namespace
}  // namespace priorseg
