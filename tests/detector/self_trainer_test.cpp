#include "priorseg/detector/self_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <vector>

#include "detector/tiny_detector.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/thread_count.h"

namespace priorseg {
namespace {

using namespace test;
using testing::HasSubstr;

/// A trained detector that goes on to learn from what it finds in two images.
struct SelfTraining {
  explicit SelfTraining(int64_t steps = 6)
      : detector(trained_detector({{"self_training", {{"steps", steps}, {"refine_steps", 2}}}})),
        trainer(detector, lessons(detector), 5) {}

  static std::vector<TeachingImage> lessons(const Detector& detector) {
    std::vector<TeachingImage> images;
    for (const uint64_t seed : {1, 2})
      images.push_back(
          teach(detector, {draw_ellipses(scattered_ellipses(128, 128, seed), 128, 128), 0}).front());
    return images;
  }
  void step(int64_t count) {
    for (int64_t i = 0; i < count; ++i) trainer.step();
  }

  Detector detector;
  SelfTrainer trainer;
};

bool same(const Detector& a, const Detector& b, const std::string& prefix) {
  const auto left = weights_of(a), right = weights_of(b);
  for (const auto& [name, tensor] : left)
    if (name.starts_with(prefix) && !tensor.equal(right.at(name))) return false;
  return true;
}

TEST(SelfTrainer, LeavesTheGlobalGeneratorAsItWas) {
  SelfTraining training;
  const auto state = [] { return at::detail::getDefaultCPUGenerator().get_state(); };
  const auto before = state();
  training.step(2);
  EXPECT_TRUE(state().equal(before));
}

TEST(SelfTrainer, ChangesLocalizerAndEncoderAndLeavesThePriorAlone) {
  SelfTraining training;
  const auto before = trained_detector();
  training.step(2);
  EXPECT_TRUE(same(before, training.detector, "prior."));
  EXPECT_FALSE(same(before, training.detector, "localizer.head"));
  EXPECT_FALSE(same(before, training.detector, "encoder.head"));
}

TEST(SelfTrainer, CountsOnFromTheFirstStage) {
  SelfTraining training;
  EXPECT_EQ(training.trainer.steps_done(), tiny_options().training.steps);
  EXPECT_EQ(training.trainer.steps_total(), tiny_options().training.steps + 6);
  const auto figures = training.trainer.step();
  EXPECT_EQ(figures.front().first, "self_loss");
  EXPECT_EQ(training.trainer.steps_done(), tiny_options().training.steps + 1);
}

TEST(SelfTrainer, LearnsToFindDimObjectsThatItMissedBefore) {
  const auto ellipses = scattered_ellipses(128, 128, 9);
  // A bright object beside them sets the scale of the linear mapping: the others have a fifth of its signal.
  auto pixels = (draw_ellipses(ellipses, 128, 128) - 100) * 0.2 + 100;
  pixels.slice(1, 0, 3).slice(2, 0, 3).fill_(300);
  const auto found = [&](Detector& detector) {
    return count_found(detector.find({pixels, 0}), ellipses, 0.5);
  };
  auto before = trained_detector();
  SelfTraining training(60);
  training.step(60);
  EXPECT_GT(found(training.detector), found(before));
  EXPECT_GE(found(training.detector), static_cast<int64_t>(ellipses.size()) / 2);
}

TEST(SelfTrainer, ResumedTrainingEndsBitIdenticalToAnUninterruptedOne) {
  const ThreadCount one(1);
  const TemporaryFolder folder;
  SelfTraining first, resumed, uninterrupted;
  first.step(3);
  first.trainer.save_checkpoint(folder / "checkpoint.safetensors");
  resumed.step(1);
  resumed.trainer.load_checkpoint(folder / "checkpoint.safetensors");
  resumed.step(3);
  uninterrupted.step(6);
  EXPECT_TRUE(same(uninterrupted.detector, resumed.detector, ""));
}

TEST(SelfTrainer, CheckpointOfTheOtherStageIsRefused) {
  const TemporaryFolder folder;
  SelfTraining training;
  Trainer images(training.detector, two_training_images(training.detector), 5);
  images.save_checkpoint(folder / "checkpoint.safetensors");
  EXPECT_EQ(checkpoint_stage(folder / "checkpoint.safetensors"), "images");
  EXPECT_THAT(error_message([&] { training.trainer.load_checkpoint(folder / "checkpoint.safetensors"); }),
              testing::AllOf(HasSubstr("stage 'images'"), HasSubstr("expected 'self-training'")));
}

TEST(SelfTrainer, WithoutAnImageIsAnError) {
  auto detector = trained_detector();
  EXPECT_THAT(error_message([&] { SelfTrainer(detector, {}, 1); }), HasSubstr("no image to train on"));
}

}  // namespace
}  // namespace priorseg
