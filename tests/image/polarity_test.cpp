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
