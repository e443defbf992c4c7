#include "priorseg/detector/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "detector/tiny_detector.h"
#include "priorseg/nn/decoder.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"

namespace priorseg {
namespace {

using namespace test;
using testing::HasSubstr;

Detections find(Detector detector, const torch::Tensor& pixels) { return detector.find({pixels, 0}); }

torch::Tensor scene(int64_t height, int64_t width) {
  return draw_ellipses(scattered_ellipses(height, width, 3), height, width);
}

void expect_inside(const Detections& found, int64_t height, int64_t width) {
  EXPECT_EQ(found.instances.height, height);
  EXPECT_EQ(found.instances.width, width);
  ASSERT_EQ(static_cast<int64_t>(found.objects.size()), found.instances.size());
  for (const auto& object : found.objects) {
    EXPECT_GE(object.x0, 0);
    EXPECT_GE(object.y0, 0);
    EXPECT_LE(object.x0 + object.width, width);
    EXPECT_LE(object.y0 + object.height, height);
    EXPECT_GT(object.area, 0);
  }
}

TEST(Overfit, FindsEveryEllipseOfImagesItTrainedOnAndNothingElse) {
  for (const uint64_t seed : {1, 2}) {
    const auto ellipses = scattered_ellipses(128, 128, seed);
    const auto found = find(trained_detector(), draw_ellipses(ellipses, 128, 128));
    EXPECT_EQ(found.objects.size(), ellipses.size());
    EXPECT_EQ(count_found(found, ellipses, 0.6), static_cast<int64_t>(ellipses.size()));
  }
}

TEST(Overfit, FindsEllipsesOfAnImageItNeverSaw) {
  const auto ellipses = scattered_ellipses(150, 110, 3);
  const auto found = find(trained_detector(), scene(150, 110));
  expect_inside(found, 150, 110);
  EXPECT_EQ(found.objects.size(), ellipses.size());
  EXPECT_EQ(count_found(found, ellipses, 0.5), static_cast<int64_t>(ellipses.size()));
}

TEST(DetectorFind, GivesObjectsBestScoreFirst) {
  const auto scores = find(trained_detector(), scene(128, 128)).instances.scores;
  ASSERT_GT(scores.size(0), 1);
  EXPECT_TRUE((scores.slice(0, 0, -1) >= scores.slice(0, 1)).all().item<bool>());
  EXPECT_GE(scores.min().item<double>(), tiny_options().inference.presence);
}

TEST(DetectorFind, DoesNotDependOnTheTileSize) {
  const auto pixels = scene(210, 330);
  const auto whole = find(trained_detector({{"inference", {{"tile", 1024}}}}), pixels);
  ASSERT_GT(whole.objects.size(), 20u);
  for (const int64_t tile : {64, 72, 104}) {
    const auto tiled = find(trained_detector({{"inference", {{"tile", tile}}}}), pixels);
    ASSERT_EQ(tiled.objects.size(), whole.objects.size()) << tile;
    // Objects of nearly the same score may change places.
    const auto order = [](const Detections& d) {
      return (d.instances.boxes.select(1, 1) * 1000 + d.instances.boxes.select(1, 0)).argsort();
    };
    const auto expected = whole.instances.select(order(whole)), found = tiled.instances.select(order(tiled));
    EXPECT_TRUE(found.boxes.allclose(expected.boxes, 0, 1e-3)) << tile;
    EXPECT_TRUE(found.scores.allclose(expected.scores, 0, 1e-4)) << tile;
    EXPECT_TRUE(found.masks.allclose(expected.masks, 0, 1e-3)) << tile;
  }
}

TEST(DetectorFind, GivesTheSameInSeveralThreadsAtATime) {
  const auto pixels = scene(128, 200);
  auto detector = trained_detector();
  const auto expected = detector.find({pixels, 0}).instances;
  ASSERT_GT(expected.size(), 3);
  std::vector<Instances> found(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : found) threads.emplace_back([&] { result = detector.find({pixels, 0}).instances; });
  }
  for (const auto& result : found) {
    EXPECT_TRUE(result.boxes.equal(expected.boxes));
    EXPECT_TRUE(result.masks.equal(expected.masks));
  }
}

TEST(DetectorFind, ShortPrecisionFindsTheSameObjects) {
  const auto pixels = scene(128, 200);
  const auto exact = find(trained_detector(), pixels);
  const auto rounded = find(trained_detector({{"inference", {{"precision", "bfloat16"}}}}), pixels);
  ASSERT_GT(exact.objects.size(), 3u);
  EXPECT_EQ(rounded.objects.size(), exact.objects.size());
}

// The same scene with pixels half as large, and sizes given accordingly: everything is twice as many pixels.
TEST(DetectorFind, GivesBoxesInPixelsOfTheImageWhateverTheNetworkSees) {
  const auto pixels = scene(96, 128);
  const auto doubled = pixels.repeat_interleave(2, 1).repeat_interleave(2, 2);
  const auto small = find(trained_detector(), pixels);
  const auto large = find(trained_detector({{"size", {{"min", 24}, {"max", 40}}}}), doubled);
  ASSERT_GT(small.objects.size(), 3u);
  expect_inside(large, 192, 256);
  ASSERT_EQ(large.objects.size(), small.objects.size());
  EXPECT_TRUE(large.instances.boxes.allclose(2 * small.instances.boxes, 0, 1e-2));
}

TEST(DetectorFind, FindsObjectsThatTheBorderCuts) {
  const std::vector<Ellipse> ellipses = {{2, 40, 8, 8}, {60, 1, 8, 8}, {118, 60, 8, 8}, {70, 119, 8, 8}};
  const auto found = find(trained_detector(), draw_ellipses(ellipses, 120, 120));
  expect_inside(found, 120, 120);
  EXPECT_GE(count_found(found, ellipses, 0.5), 3);
}

TEST(DetectorFind, FindsNothingInBlackFlatAndNoiseImages) {
  torch::manual_seed(4);
  for (const auto& pixels : {torch::zeros({1, 100, 90}), torch::full({1, 100, 90}, 500.0),
                             (100 + 5 * torch::randn({1, 160, 160})).round()}) {
    auto detector = trained_detector();
    EXPECT_EQ(detector.find({pixels, 1}).objects.size(), 0u) << pixels.std();
  }
}

TEST(DetectorFind, TakesImagesSmallerThanAGridCellAndThinOnes) {
  for (const auto& [height, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 5}, {1, 200}, {200, 2}, {8, 8}}) {
    // All that has a mask counts, so that every step of the way has something to do.
    auto detector = trained_detector({{"inference", {{"presence", 0}, {"min_contrast", 0}}}});
    expect_inside(detector.find({200 * torch::rand({1, height, width}), 1}), height, width);
    expect_inside(detector.find({torch::zeros({1, height, width}), 1}), height, width);
  }
}

TEST(DetectorFind, ReadsThreeChannelsAsTheirMean) {
  const auto grey = scene(96, 96);
  const auto found = find(trained_detector(), grey.repeat({3, 1, 1}));
  const auto expected = find(trained_detector(), grey);
  ASSERT_EQ(found.objects.size(), expected.objects.size());
  EXPECT_TRUE(found.instances.boxes.allclose(expected.instances.boxes, 0, 1e-2));
}

TEST(DetectorFind, RepeatsItselfAndKeepsTheWeights) {
  auto detector = trained_detector();
  const auto before = weights_of(detector);
  const auto first = detector.find({scene(96, 96), 0}), again = detector.find({scene(96, 96), 0});
  EXPECT_TRUE(first.instances.boxes.equal(again.instances.boxes));
  for (const auto& [name, tensor] : weights_of(detector)) EXPECT_TRUE(tensor.equal(before.at(name))) << name;
}

TEST(DetectorFind, DropsObjectsBelowThePresence) {
  auto detector = trained_detector();
  auto inference = detector.options().inference;
  inference.presence = 1;
  EXPECT_EQ(detector.find({scene(96, 96), 0}, inference).objects.size(), 0u);
  EXPECT_GT(detector.find({scene(96, 96), 0}).objects.size(), 0u) << "options of a call stay with it";
  inference.presence = 1.5;
  EXPECT_THAT(error_message([&] {
                detector.find({scene(96, 96), 0}, inference);
              }),
              HasSubstr("inference.presence"));
}

TEST(DetectorFind, IsForManyThreadsEachWithOptionsOfItsOwn) {
  const Detector detector = trained_detector();
  const auto pixels = scene(128, 128);
  std::vector<InferenceOptions> options(4, detector.options().inference);
  options[1].presence = 0.6;
  options[2].mask_threshold = 0.3;
  options[3].refine_steps = 3;
  options[3].score = ObjectScore::kTrust;
  std::vector<Detections> alone, together(options.size());
  for (const auto& inference : options) alone.push_back(detector.find({pixels, 0}, inference));
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < options.size(); ++i)
      threads.emplace_back([&, i] {
        for (int repeat = 0; repeat < 3; ++repeat) together[i] = detector.find({pixels, 0}, options[i]);
      });
  }
  for (size_t i = 0; i < options.size(); ++i) {
    EXPECT_TRUE(together[i].instances.boxes.equal(alone[i].instances.boxes)) << i;
    EXPECT_TRUE(together[i].instances.scores.equal(alone[i].instances.scores)) << i;
    ASSERT_EQ(together[i].objects.size(), alone[i].objects.size()) << i;
    for (size_t k = 0; k < alone[i].objects.size(); ++k)
      EXPECT_EQ(together[i].objects[k].bits, alone[i].objects[k].bits) << i;
  }
  EXPECT_FALSE(alone[2].objects[0].bits == alone[0].objects[0].bits) << "the options do make a difference";
}

TEST(Detector, IsMovedButNotCopiedByAccident) {
  EXPECT_FALSE(std::is_copy_constructible_v<Detector>);
  EXPECT_FALSE(std::is_copy_assignable_v<Detector>);
  EXPECT_TRUE(std::is_move_constructible_v<Detector>);
}

TEST(Detector, OwnsItsPrior) {
  const auto prior = tiny_prior();
  Detector detector(tiny_options(), prior, 1);
  const auto theirs = prior.decoder().parameters(), ours = detector.prior().decoder().parameters();
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_NE(ours[i].data_ptr(), theirs[i].data_ptr());
    EXPECT_TRUE(ours[i].equal(theirs[i]));
    EXPECT_FALSE(ours[i].requires_grad());
  }
}

TEST(Detector, CloneFindsTheSameWithWeightsOfItsOwn) {
  auto detector = trained_detector();
  detector.calibrate(0.4);
  auto clone = detector.clone();
  EXPECT_EQ(clone.trained_steps(), detector.trained_steps());
  EXPECT_EQ(options_to_json(clone.options()), options_to_json(detector.options()));
  EXPECT_EQ(options_to_json(clone.trained_options()), options_to_json(detector.trained_options()));
  const auto expected = detector.find({scene(96, 96), 0}).instances;
  {
    torch::NoGradGuard no_grad;
    for (auto& weight : detector.localizer()->parameters()) weight.zero_();
    for (auto& weight : detector.encoder()->parameters()) weight.zero_();
  }
  const auto found = clone.find({scene(96, 96), 0}).instances;
  EXPECT_TRUE(found.boxes.equal(expected.boxes));
  EXPECT_TRUE(found.masks.equal(expected.masks));
}

TEST(Detector, IsMadeClonedLoadedAndUsedWithoutTheGlobalGenerator) {
  const auto state = [] { return at::detail::getDefaultCPUGenerator().get_state(); };
  const auto pixels = scene(96, 96);
  const auto detector = trained_detector();
  const auto prior = tiny_prior();
  TemporaryFolder folder;
  const auto before = state();
  Detector made(tiny_options(), prior, 1);
  detector.clone().save(folder / "model.safetensors");
  Detector::load(folder / "model.safetensors").find({pixels, 0});
  EXPECT_TRUE(state().equal(before));
}

TEST(Detector, HasTheInitialWeightsOfItsSeed) {
  torch::manual_seed(31);
  const auto localizer = std::make_shared<LocalizerImpl>(tiny_options().localizer);
  const auto encoder = std::make_shared<EncoderImpl>(tiny_options().encoder, 16, 3);
  Detector detector(tiny_options(), tiny_prior(), 31);
  const auto compare = [](const torch::nn::Module& found, const torch::nn::Module& expected) {
    const auto ours = found.parameters(), theirs = expected.parameters();
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) EXPECT_TRUE(ours[i].equal(theirs[i])) << i;
  };
  compare(*detector.localizer(), *localizer);
  compare(*detector.encoder(), *encoder);
}

TEST(DetectorFind, DropsObjectsOfLittleContrast) {
  EXPECT_EQ(find(trained_detector({{"inference", {{"min_contrast", 1e6}}}}), scene(96, 96)).objects.size(),
            0u);
}

TEST(DetectorFind, DropsObjectsOfALowScore) {
  const auto with_least = [](double score) {
    return find(trained_detector({{"inference", {{"min_score", score}}}}), scene(96, 96));
  };
  const auto all = with_least(0);
  ASSERT_GE(all.objects.size(), 2u);
  const auto middle = all.instances.scores.mean().item<double>();
  const auto some = with_least(middle);
  EXPECT_EQ(static_cast<int64_t>(some.objects.size()),
            (all.instances.scores >= middle).sum().item<int64_t>());
  EXPECT_GE(some.instances.scores.min().item<double>(), middle);
}

TEST(DetectorFind, DropsSpecksInsideButKeepsPartsOfObjectsAtTheBorder) {
  // A whole ellipse of 85 px in area and the inner half, 88 px, of one that the left border cuts. With
  // size.min 12 a share of 1 asks for a disk of diameter 12: 113 px inside, 28 px at the border.
  const auto found_with_share = [](double share, const Ellipse& ellipse) {
    const nlohmann::json change = {{"inference", {{"min_size_share", share}}}};
    return count_found(find(trained_detector(change), draw_ellipses({ellipse}, 96, 96)), {ellipse}, 0.5);
  };
  const Ellipse inside{48, 48, 5.2, 5.2}, cut{0, 48, 7.5, 7.5};
  EXPECT_EQ(found_with_share(0, inside), 1);
  EXPECT_EQ(found_with_share(1, inside), 0);
  EXPECT_EQ(found_with_share(0, cut), 1);
  EXPECT_EQ(found_with_share(1, cut), 1);
}

TEST(DetectorFind, PixelsWithoutAChannelAreAnError) {
  EXPECT_THAT(error_message([] {
                find(trained_detector(), torch::zeros({20, 20}));
              }),
              HasSubstr("pixels has shape [20,20], expected [*,*,*]"));
}

TEST(Detector, StartsFromWeightsOfItsSeed) {
  const auto weights = [](uint64_t seed) { return weights_of(Detector(tiny_options(), tiny_prior(), seed)); };
  const auto first = weights(1), again = weights(1), other = weights(2);
  for (const auto& [name, tensor] : first) EXPECT_TRUE(tensor.equal(again.at(name))) << name;
  EXPECT_FALSE(first.at("localizer.head.weight").equal(other.at("localizer.head.weight")));
  EXPECT_FALSE(first.at("encoder.head.weight").equal(other.at("encoder.head.weight")));
}

TEST(Detector, RefusesWrongSettings) {
  auto options = tiny_options();
  options.size.max = 1;
  EXPECT_THAT(error_message([&] { Detector(options, tiny_prior(), 1); }), HasSubstr("size.max is 1"));
}

}  // namespace
}  // namespace priorseg
