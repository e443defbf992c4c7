#include "priorseg/detector/image_levels.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "detector/tiny_detector.h"
#include "priorseg/detector/image_scale.h"
#include "priorseg/detector/settings.h"

namespace priorseg {
namespace {

using namespace test;

/// Settings for objects of 8 to 200 px.
DetectorOptions options_with_levels() {
  auto options = make_settings("default").detector;
  options.size.min = 8;
  options.size.max = 200;
  options.intensity.channel = ImageChannel::kGrey;
  options.intensity.polarity = Polarity::kBright;
  return options;
}

NetworkScale scale_of_set(const DetectorOptions& options) {
  return network_scale(options.size, options.localizer.cell_size(), 0.7);
}

std::vector<NetworkScale> levels(const ImageSource& image, const DetectorOptions& options) {
  return levels_of_image(image, options, scale_of_set(options));
}

/// Side by side: disks of the diameters in stripes of 150 px.
Image disks_in_stripes(const std::vector<double>& diameters) {
  constexpr int64_t kHeight = 400, kStripe = 150;
  std::vector<Ellipse> ellipses;
  double left = 0;
  for (const double diameter : diameters) {
    for (double y = diameter; y + diameter < kHeight; y += 1.7 * diameter)
      for (double x = diameter; x + 0.7 * diameter < kStripe; x += 1.7 * diameter)
        ellipses.push_back({left + x, y, diameter / 2, diameter / 2});
    left += kStripe;
  }
  return {draw_ellipses(ellipses, kHeight, kStripe * std::ssize(diameters)), 0};
}

TEST(LevelsOfImage, AreOneWhereAllObjectsAreOfAKind) {
  const auto options = options_with_levels();
  for (const double diameter : {20.0, 40.0, 80.0}) {
    const auto own = levels(disks_in_stripes({diameter, diameter}), options);
    ASSERT_EQ(own.size(), 1u) << diameter;
    const double middle = std::sqrt(own[0].min_size * own[0].max_size);
    EXPECT_NEAR(own[0].network_from_image * diameter, middle, 0.1 * middle) << diameter;
    EXPECT_TRUE(std::isinf(own[0].objects_from));
  }
}

TEST(LevelsOfImage, AreTwoWhereLargeAndSmallObjectsAreInOneImage) {
  const auto options = options_with_levels();
  const auto own = levels(disks_in_stripes({12, 70}), options);
  ASSERT_EQ(own.size(), 2u);
  EXPECT_LT(own[0].network_from_image, own[1].network_from_image) << "coarsest first";
  for (const auto& level : own) EXPECT_EQ(level.scale_max, own[0].scale_max) << "the same networks";
  EXPECT_GT(own[0].max_size / own[0].network_from_image, 70);
  EXPECT_LT(own[1].min_size / own[1].network_from_image, 12);
}

TEST(LevelsOfImage, AreTheOneScaleWithoutLevels) {
  auto options = options_with_levels();
  const auto image = disks_in_stripes({12, 70});
  options.size.min = 30, options.size.max = 60;
  const auto narrow = levels(image, options);
  ASSERT_EQ(narrow.size(), 1u);
  EXPECT_EQ(narrow[0].network_from_image,
            scale_of_image(image, options, scale_of_set(options)).network_from_image);
  options.size.min = 12, options.size.max = 70, options.size.level_span = 0;
  EXPECT_EQ(levels(image, options).size(), 1u);
}

TEST(LevelsOfImage, AreThatOfTheSetWhereNothingStandsOut) {
  const auto options = options_with_levels();
  const auto own = levels(Image(torch::full({1, 64, 64}, 7.0), 1), options);
  ASSERT_EQ(own.size(), 1u);
  EXPECT_EQ(own[0].network_from_image, scale_of_set(options).network_from_image);
}

TEST(LevelsOfImage, KnowObjectsThatCoverMostOfTheImage) {
  std::vector<Ellipse> crowd;
  for (int row = 0; row < 9; ++row)
    for (int column = 0; column < 9; ++column)
      crowd.push_back({40.0 * column + (row % 2 == 0 ? 0 : 20), 36.0 * row, 19.5, 19.5});
  const auto pixels = draw_ellipses(crowd, 280, 320);
  const auto options = options_with_levels();
  const auto own = levels(Image(pixels, 0), options);
  ASSERT_EQ(own.size(), 1u);
  EXPECT_GT(own[0].objects_from, 110);
  EXPECT_LT(own[0].objects_from, 290);
  const auto network = prepare_image(Image(pixels, 0), options, own[0]);
  const auto at = [&](double y, double x) {
    return network
        .mapped[std::llround(y * network.y_scale) + network.padding]
               [std::llround(x * network.x_scale) + network.padding]
        .item<double>();
  };
  EXPECT_GT(at(72, 120), 0.6) << "in the middle of a disk";
  EXPECT_LT(at(84.5, 140), 0.4) << "between three";
}

}  // namespace
}  // namespace priorseg
