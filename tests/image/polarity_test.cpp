#include "priorseg/image/polarity.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/artefact_scene.h"
#include "support/relief_scene.h"

namespace priorseg {
namespace {

using test::draw_reliefs;
using test::draw_scene;

TEST(WithBrightObjects, NegatesOrMeasuresContrast) {
  const auto scene = draw_scene(1);
  EXPECT_TRUE(with_bright_objects(scene, Polarity::kBright).equal(scene));
  EXPECT_TRUE(with_bright_objects(scene, Polarity::kAuto).equal(scene));
  EXPECT_TRUE(with_bright_objects(scene, Polarity::kDark).equal(-scene));
  EXPECT_EQ(with_bright_objects(torch::zeros({0, 3}), Polarity::kRelief).numel(), 0);
  EXPECT_EQ(with_bright_objects(torch::zeros({0, 3}), Polarity::kAbsorbing).numel(), 0);
}

TEST(WithBrightObjects, AbsorbedIsTheLogarithmOfTheLight) {
  const auto grey = torch::tensor({{200.0, 100.0, 20.0, 0.0}});
  const auto absorbed = with_bright_objects(grey, Polarity::kAbsorbing, 200);
  EXPECT_TRUE(absorbed.allclose(torch::tensor({{0.0, std::log10(2.0), 1.0, std::log10(50.0)}})));
  EXPECT_TRUE(with_bright_objects(grey, Polarity::kAbsorbing).allclose(absorbed));  // by the brightest
}

TEST(MeasureWhite, IsTheGroundOfAnImageWithDarkObjects) {
  EXPECT_NEAR(measure_white(1200 - draw_scene(1)), 1200 - test::kSceneBackground, 3 * test::kSceneNoise);
}

// Against loops: the standard deviation in a Gaussian window of the smoothed image.
TEST(WithBrightObjects, ReliefIsTheDeviationAroundAPixel) {
  torch::manual_seed(3);
  const auto grey = 60000 + 10 * torch::randn({41, 41}, torch::kFloat64);
  const auto smoothed = [](const torch::Tensor& values, double sigma, int64_t row, int64_t column) {
    const auto* value = values.data_ptr<double>();
    double sum = 0, weights = 0;
    for (int64_t y = 0; y < values.size(0); ++y)
      for (int64_t x = 0; x < values.size(1); ++x) {
        const double distance = static_cast<double>((y - row) * (y - row) + (x - column) * (x - column));
        const double weight = std::exp(-distance / (2 * sigma * sigma));
        sum += weight * value[y * values.size(1) + x];
        weights += weight;
      }
    return sum / weights;
  };
  auto smooth = torch::empty_like(grey);
  for (int64_t y = 0; y < 41; ++y)
    for (int64_t x = 0; x < 41; ++x) smooth[y][x] = smoothed(grey, 1, y, x);
  const double mean = smoothed(smooth, kReliefSigma, 20, 20);
  const double expected = std::sqrt(smoothed((smooth - mean).square().contiguous(), kReliefSigma, 20, 20));
  const auto relief = with_bright_objects(grey.to(torch::kFloat32), Polarity::kRelief);
  EXPECT_NEAR(relief[20][20].item<double>(), expected, 0.02 * expected);
}

TEST(WithBrightObjects, ReliefIsHighInCellsOfEitherSign) {
  const auto relief = with_bright_objects(draw_reliefs(1), Polarity::kRelief);
  EXPECT_GT(relief[40][55].item<double>(), 4 * relief[75][75].item<double>());
}

TEST(MeasurePolarity, SaysTheSignOfTheObjects) {
  for (const uint64_t seed : {1, 2, 3}) {
    const auto bright = measure_polarity(draw_scene(seed)), dark = measure_polarity(1000 - draw_scene(seed)),
               relief = measure_polarity(draw_reliefs(seed));
    EXPECT_TRUE(bright.stands_out && dark.stands_out && relief.stands_out);
    EXPECT_GT(bright.one_sided, 0.6);
    EXPECT_NEAR(dark.one_sided, -bright.one_sided, 0.02);
    EXPECT_LT(std::abs(relief.one_sided), 0.4);
  }
}

TEST(MeasurePolarity, OfAnEmptyImageSaysNothing) {
  torch::manual_seed(4);
  EXPECT_FALSE(measure_polarity(100 + 5 * torch::randn({200, 300})).stands_out);
  EXPECT_FALSE(measure_polarity(torch::full({50, 60}, 7.0)).stands_out);
  EXPECT_FALSE(measure_polarity(torch::zeros({0, 60})).stands_out);
}

TEST(CommonPolarity, FollowsTheMajorityOfThoseThatSaySomething) {
  EXPECT_EQ(common_polarity({}), Polarity::kBright);
  EXPECT_EQ(common_polarity({{false, -0.8}}), Polarity::kBright);
  EXPECT_EQ(common_polarity({{true, 0.8}, {true, -0.7}, {true, 0.6}}), Polarity::kBright);
  EXPECT_EQ(common_polarity({{true, -0.8}, {true, -0.7}, {true, 0.6}, {false, 0.9}, {false, 0.9}}),
            Polarity::kDark);
}

TEST(CommonPolarity, IsReliefWhereNearlyAllImagesAreBalanced) {
  EXPECT_EQ(common_polarity({{true, 0.2}, {true, -0.1}, {true, 0.4}, {true, 0.3}}), Polarity::kRelief);
  EXPECT_EQ(common_polarity({{true, 0.2}, {true, -0.8}, {true, 0.9}, {true, 0.3}}), Polarity::kBright);
}

}  // namespace
}  // namespace priorseg
