#include "priorseg/image/background.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "support/artefact_scene.h"

namespace priorseg {
namespace {

constexpr double kMaxSize = 20;

/// A bright disk of radius 10 on a background that rises by 60 from left to right, [80,240].
torch::Tensor disk_on_a_slope() {
  const auto x = torch::arange(240, torch::kFloat32).view({1, -1}),
             y = torch::arange(80, torch::kFloat32).view({-1, 1});
  const auto disk = ((x - 120).square() + (y - 40).square() <= 100).to(torch::kFloat32);
  return 100 + (x * (60.0 / 240)).expand({80, 240}) + 300 * disk;
}

TEST(FlattenBackground, RemovesASlopeAndKeepsTheObject) {
  const auto grey = disk_on_a_slope();
  const auto flat = flatten_background(grey, measure_image(grey, 0), kMaxSize);
  // The background quantile lies below the middle of its window by a part of the slope inside it.
  const auto background = torch::cat({flat.slice(1, 20, 100), flat.slice(1, 140, 220)}, 1);
  EXPECT_LT((background.max() - background.min()).item<double>(), 20);
  EXPECT_NEAR((flat[40][120] - flat[40][90]).item<double>(), 300, 30);
}

TEST(FlattenBackground, DoesNotTakeAWindowFullOfObjectsForBackground) {
  auto grey = torch::full({200, 200}, 10.0);
  grey.slice(0, 0, 120).slice(1, 0, 120).fill_(200);  // wider than the window of 4 x 20 px
  const auto flat = flatten_background(grey, measure_image(grey, 0), kMaxSize);
  EXPECT_GT(flat[40][40].item<double>(), 60);
}

TEST(FlattenBackground, LeavesAConstantImageAtZero) {
  const auto grey = torch::full({30, 50}, 7.0);
  EXPECT_LT(flatten_background(grey, measure_image(grey, 1), kMaxSize).abs().max().item<double>(), 1e-4);
}

TEST(FlattenImage, SubtractsTheBackgroundWhereTheSettingsSaySoAndMeasuresWhatIsLeft) {
  const auto grey = disk_on_a_slope();
  IntensityOptions options;
  options.background = BackgroundKind::kLocal;
  const auto flat = flatten_image(grey, 1, options, kMaxSize);
  EXPECT_TRUE(torch::equal(flat.grey, flatten_background(grey, measure_image(grey, 1), kMaxSize)));
  EXPECT_EQ(flat.statistics.background, measure_image(flat.grey, 1).background);
  EXPECT_LT(flat.statistics.background, 20);
}

TEST(FlattenImage, LeavesAnImageWithOneBackgroundAsItIs) {
  const auto grey = disk_on_a_slope();
  IntensityOptions options;
  options.background = BackgroundKind::kGlobal;
  const auto flat = flatten_image(grey, 1, options, kMaxSize);
  EXPECT_TRUE(torch::equal(flat.grey, grey));
  EXPECT_EQ(flat.statistics.background, measure_image(grey, 1).background);
  EXPECT_GE(flat.statistics.background, 99);
}

TEST(FlattenBackground, LeavesOutWhatIsNotANumber) {
  const auto grey = disk_on_a_slope();
  auto padded = grey.clone();
  padded.slice(1, 0, 100).fill_(NAN);
  const auto statistics = measure_image(padded, 0);
  const auto flat = flatten_background(padded, statistics, kMaxSize);
  EXPECT_TRUE(flat.slice(1, 0, 100).isnan().all().item<bool>());
  EXPECT_TRUE(flat.slice(1, 100).isfinite().all().item<bool>());
  EXPECT_LT(flat.slice(1, 180).abs().max().item<double>(), 20);
  EXPECT_TRUE(
      with_background(flat, statistics).slice(1, 0, 100).eq(statistics.background).all().item<bool>());
  const auto nothing = torch::full({40, 50}, NAN);
  EXPECT_TRUE(with_background(nothing, measure_image(nothing, 1)).isfinite().all().item<bool>());
}

TEST(SlopeOfLight, IsFoundWhereItHidesTheObjects) {
  const auto scene = test::draw_scene(1);
  const auto rise = torch::arange(test::kSceneWidth, torch::kFloat32) * 8 +
                    torch::arange(test::kSceneHeight, torch::kFloat32).view({-1, 1}) * -5;
  const auto slope = slope_of_light(scene + rise, 1);
  EXPECT_NEAR(slope.across, 8, 0.3);
  EXPECT_NEAR(slope.down, -5, 0.3);
  IntensityOptions options;
  options.background = BackgroundKind::kLocal;
  options.withstand_artefacts = true;
  const auto flat = flatten_image(scene + rise, 1, options, 30);
  const auto expected = flatten_image(scene, 1, options, 30);
  EXPECT_NEAR(flat.statistics.threshold, expected.statistics.threshold, 0.1 * expected.statistics.threshold);
  EXPECT_LT((flat.grey - expected.grey).abs().mean().item<double>(), 30);
}

TEST(SlopeOfLight, IsNoneInEvenLightOrWhereObjectsFillOneSide) {
  EXPECT_EQ(slope_of_light(test::draw_scene(2), 1).across, 0);
  auto grey = torch::full({200, 200}, 10.0);
  grey.slice(1, 0, 90).fill_(200);
  EXPECT_EQ(slope_of_light(grey, 1).across, 0);
  EXPECT_EQ(slope_of_light(torch::full({50, 60}, 3.0), 1).down, 0);
  EXPECT_EQ(slope_of_light(torch::full({50, 60}, NAN), 1).down, 0);
}

}  // namespace
}  // namespace priorseg
