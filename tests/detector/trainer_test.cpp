#include "priorseg/detector/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "detector/tiny_detector.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/thread_count.h"

namespace priorseg {
namespace {

using namespace test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Weights = std::map<std::string, torch::Tensor>;

DetectorOptions six_steps() {
  DetectorOptions options = tiny_options();
  options.training.steps = 6;
  options.training.batch_size = 2;
  return options;
}

/// A detector in training.
struct Training {
  explicit Training(DetectorOptions options = six_steps(), uint64_t initial_seed = 1, uint64_t seed = 5)
      : detector(std::move(options), tiny_prior(), initial_seed),
        trainer(detector, two_training_images(detector), seed) {}

  void step(int64_t count) {
    for (int64_t i = 0; i < count; ++i) trainer.step();
  }

  Detector detector;
  Trainer trainer;
};

/// Names of tensors that start with `prefix` and differ.
std::vector<std::string> changed(const Weights& before, const Weights& after, const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : before) {
    if (name.starts_with(prefix) && !tensor.equal(after.at(name))) names.push_back(name);
  }
  return names;
}

TEST(Trainer, StepLeavesTheGlobalGeneratorAsItWasAndTheNetworksInEvaluationMode) {
  DetectorOptions options = six_steps();
  options.training.boxes = 0.5;
  options.training.blank_crops = 0.5;
  Training training(options);
  const auto state = [] { return at::detail::getDefaultCPUGenerator().get_state(); };
  const auto before = state();
  training.step(2);
  EXPECT_TRUE(state().equal(before));
  EXPECT_FALSE(training.detector.localizer()->is_training());
  EXPECT_FALSE(training.detector.encoder()->is_training());
}

TEST(TrainingStep, LeavesTheNetworksInEvaluationModeAlsoWhereItFails) {
  Detector detector(six_steps(), tiny_prior(), 1);
  EXPECT_THROW(
      {
        TrainingStep step(detector, Random(1));
        EXPECT_TRUE(detector.localizer()->is_training());
        throw std::runtime_error("out of memory");
      },
      std::runtime_error);
  EXPECT_FALSE(detector.localizer()->is_training());
  EXPECT_FALSE(detector.encoder()->is_training());
}

TEST(Trainer, StepChangesLocalizerAndEncoderAndLeavesTheFrozenDecoderBitIdentical) {
  Training training;
  const auto before = weights_of(training.detector);
  training.step(2);
  const auto after = weights_of(training.detector);
  EXPECT_THAT(changed(before, after, "prior."), ElementsAre());
  EXPECT_THAT(changed(before, after, "localizer."),
              testing::IsSupersetOf({"localizer.head.weight", "localizer.head.bias",
                                     "localizer.stages.0.weight", "localizer.stages.1.running_mean"}));
  EXPECT_THAT(changed(before, after, "encoder."),
              testing::IsSupersetOf({"encoder.head.weight", "encoder.stages.0.weight"}));
}

TEST(Trainer, StepTellsItsFiguresAndCounts) {
  Training training;
  const auto figures = training.trainer.step();
  EXPECT_EQ(training.trainer.steps_done(), 1);
  EXPECT_EQ(training.trainer.steps_total(), 6);
  ASSERT_FALSE(figures.empty());
  EXPECT_EQ(figures.front().first, "loss");
  for (const auto& [name, value] : figures) EXPECT_TRUE(std::isfinite(value)) << name;
}

TEST(Trainer, LowersTheLoss) {
  DetectorOptions options = tiny_options();
  options.training.steps = 40;
  Training training(options);
  std::vector<double> losses;
  while (training.trainer.steps_done() < 40) losses.push_back(training.trainer.step().front().second);
  const auto mean = [&](size_t first) {
    double sum = 0;
    for (size_t i = first; i < first + 8; ++i) sum += losses[i];
    return sum / 8;
  };
  EXPECT_LT(mean(32), 0.9 * mean(0));
}

TEST(Trainer, IsRepeatableBySeed) {
  const ThreadCount one(1);
  Training first, again, other(six_steps(), 1, 6);
  first.step(2), again.step(2), other.step(2);
  EXPECT_THAT(changed(weights_of(first.detector), weights_of(again.detector), ""), ElementsAre());
  EXPECT_FALSE(changed(weights_of(first.detector), weights_of(other.detector), "localizer.").empty());
}

TEST(Trainer, DecodesOnlyAShareOfTheBoxesAndStillTrains) {
  DetectorOptions options = six_steps();
  options.training.boxes = 0.2;
  options.training.box_gradient_of_crop = false;
  Training training(options);
  const auto before = weights_of(training.detector);
  training.step(2);
  EXPECT_FALSE(changed(before, weights_of(training.detector), "localizer.head").empty());
  EXPECT_FALSE(changed(before, weights_of(training.detector), "encoder.head").empty());
}

TEST(Trainer, WithoutAnImageIsAnError) {
  Detector detector(six_steps(), tiny_prior(), 1);
  EXPECT_THAT(error_message([&] { Trainer(detector, {}, 1); }), HasSubstr("no image to train on"));
}

TEST(Trainer, LossThatIsNotANumberIsAnErrorThatTellsTheStep) {
  Detector detector(six_steps(), tiny_prior(), 1);
  Trainer trainer(detector, {{torch::full({64, 64}, NAN), 1}}, 1);
  EXPECT_THAT(error_message([&] { trainer.step(); }),
              AllOf(HasSubstr("unstable at step 1"), HasSubstr("training.learning_rate")));
}

class Checkpoint : public testing::Test {
 protected:
  Checkpoint() {
    before_.step(3);
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

TEST_F(Checkpoint, ResumedTrainingEndsBitIdenticalToAnUninterruptedOne) {
  Training resumed(six_steps(), 99);  // other initial weights: all that matters is in the checkpoint
  resumed.trainer.load_checkpoint(path());
  EXPECT_EQ(resumed.trainer.steps_done(), 3);
  resumed.step(3);
  Training uninterrupted;
  uninterrupted.step(6);
  before_.step(3);  // saving changes nothing either
  const auto expected = weights_of(uninterrupted.detector);
  EXPECT_THAT(changed(expected, weights_of(resumed.detector), ""), ElementsAre());
  EXPECT_THAT(changed(expected, weights_of(before_.detector), ""), ElementsAre());
}

TEST_F(Checkpoint, OfOtherSettingsIsRefused) {
  DetectorOptions options = six_steps();
  options.loss.region_weight = 0.123;
  Training training(options);
  EXPECT_THAT(message_of_loading(training), AllOf(HasSubstr("checkpoint.safetensors"),
                                                  HasSubstr("other settings"), HasSubstr("--restart")));
  EXPECT_EQ(training.trainer.steps_done(), 0);
}

TEST_F(Checkpoint, OfAnotherSeedIsRefused) {
  Training training(six_steps(), 1, 6);
  EXPECT_THAT(message_of_loading(training), HasSubstr("another seed"));
}

TEST_F(Checkpoint, OfAnotherShapePriorIsRefused) {
  const auto prior = ShapePrior::train(ellipse_masks(8), tiny_prior_options(), 2);
  Detector detector(six_steps(), prior, 1);
  Trainer trainer(detector, two_training_images(detector), 5);
  EXPECT_THAT(error_message([&] { trainer.load_checkpoint(path()); }), HasSubstr("another shape prior"));
}

TEST_F(Checkpoint, ThatIsAModelIsRefused) {
  before_.detector.save(path());
  Training training;
  EXPECT_THAT(message_of_loading(training),
              HasSubstr("is a 'priorseg model 1', expected a 'priorseg checkpoint 1'"));
}

TEST_F(Checkpoint, CutShortIsRefused) {
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  Training training;
  EXPECT_THAT(message_of_loading(training), HasSubstr("not a whole safetensors file"));
}

TEST_F(Checkpoint, WithDamagedSettingsIsRefused) {
  TensorFile file = read_tensor_file(path());
  file.metadata["settings"] = "{";
  write_tensor_file(path(), file);
  Training training;
  EXPECT_THAT(message_of_loading(training), HasSubstr("damaged settings"));
}

}  // namespace
}  // namespace priorseg
