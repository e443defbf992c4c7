#include "priorseg/detector/image_scale.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "detector/tiny_detector.h"
#include "priorseg/detector/settings.h"

namespace priorseg {
namespace {

using namespace test;

constexpr double kScaleFill = 0.7;

/// Settings for objects of 10 to 40 px, 20 in a typical image.
DetectorOptions default_options() {
  auto options = make_settings("default").detector;
  options.size.min = 10;
  options.size.max = 40;
  options.size.own_scale = true;
  options.size.typical = 20;
  return options;
}

NetworkScale common_scale(const DetectorOptions& options) {
  return network_scale(options.size, options.localizer.cell_size(), kScaleFill);
}

/// Disks in rows with room between them.
std::vector<Ellipse> rows_of_disks(double diameter, int64_t height, int64_t width) {
  std::vector<Ellipse> image_of_disks;
  for (double y = diameter; y + diameter < static_cast<double>(height); y += 1.7 * diameter)
    for (double x = diameter; x + diameter < static_cast<double>(width); x += 1.7 * diameter)
      image_of_disks.push_back({x, y, diameter / 2, diameter / 2});
  return image_of_disks;
}

ImageSource image_of_disks(double diameter, int64_t height = 360, int64_t width = 400) {
  return Image(draw_ellipses(rows_of_disks(diameter, height, width), height, width), 0);
}

double magnification(const ImageSource& image, const DetectorOptions& options) {
  const auto scale = common_scale(options);
  return scale_of_image(image, options, scale).network_from_image / scale.network_from_image;
}

TEST(TypicalObject, IsAsLargeAsTheObjectsOfTheImage) {
  const auto options = default_options();
  for (const double diameter : {10.0, 20.0, 40.0}) {
    const auto object = typical_object(image_of_disks(diameter), options, common_scale(options));
    EXPECT_NEAR(object.size, diameter, 0.1 * diameter + 0.5);
    EXPECT_GT(object.count, 20);
  }
}

TEST(TypicalObject, IsNoneWhereNothingStandsOut) {
  const auto options = default_options();
  torch::manual_seed(1);
  for (const auto& pixels :
       {torch::full({1, 50, 60}, 7.0), 100 + torch::randn({1, 200, 200}), torch::ones({1, 1, 1})})
    EXPECT_EQ(typical_object(Image(pixels, 0), options, common_scale(options)).count, 0);
}

TEST(TypicalObject, IsReadFromTheMiddleOfALargeImage) {
  const auto options = default_options();
  auto image = image_of_disks(20, 3000, 2000);
  int64_t rows = 0;
  const auto read = image.read;
  image.read = [&](int64_t first, int64_t last) {
    rows += last - first;
    EXPECT_LE(first, 1500);
    EXPECT_GE(last, 1500);
    return read(first, last);
  };
  const auto object = typical_object(image, options, common_scale(options));
  EXPECT_NEAR(object.size, 20, 2);
  EXPECT_LT(rows, 1000);
}

TEST(ScaleOfImage, MakesTheObjectsOfAllImagesAlike) {
  const auto options = default_options();
  EXPECT_NEAR(magnification(image_of_disks(12), options), 20.0 / 12, 0.15);
  EXPECT_NEAR(magnification(image_of_disks(36), options), 20.0 / 36, 0.08);
}

TEST(ScaleOfImage, ChangesTheScaleAndNothingElse) {
  const auto options = default_options();
  const auto scale = common_scale(options), own = scale_of_image(image_of_disks(36), options, scale);
  EXPECT_EQ(own.scale_min, scale.scale_min);
  EXPECT_EQ(own.scale_max, scale.scale_max);
  EXPECT_EQ(own.max_size, scale.max_size);
}

TEST(ScaleOfImage, LeavesSmallDifferencesAlone) {
  const auto options = default_options();
  for (const double diameter : {18.0, 20.0, 22.0})
    EXPECT_EQ(magnification(image_of_disks(diameter), options), 1);
}

TEST(ScaleOfImage, FewObjectsSayLess) {
  const auto options = default_options();
  const auto one = Image(draw_ellipses({{100, 100, 20, 20}}, 200, 200), 0);
  EXPECT_EQ(magnification(one, options), 1) << "half of the difference remains, a quarter of it counts";
  EXPECT_LT(magnification(image_of_disks(40), options), 0.7);
}

TEST(ScaleOfImage, IsTheCommonOneWhereItIsNotAskedFor) {
  auto options = default_options();
  options.size.own_scale = false;
  EXPECT_EQ(magnification(image_of_disks(36), options), 1);
  options = default_options();
  options.size.typical = 0;
  EXPECT_EQ(magnification(image_of_disks(36), options), 1);
  options = default_options();
  EXPECT_EQ(magnification(Image(torch::full({1, 64, 64}, 7.0), 1), options), 1) << "an empty image";
}

TEST(ScaleOfImage, HasALimit) {
  auto options = default_options();
  options.size.typical = 1000;
  EXPECT_NEAR(magnification(image_of_disks(20), options), 3, 1e-9);
}

TEST(CompareImages, TakesMedianAndNinthDecile) {
  SizeOptions size;
  compare_images({{20, 40}, {20, 40}, {10, 40}, {20, 40}, {40, 100000}, {21, 40}, {0, 0}}, size);
  EXPECT_EQ(size.typical, 20);
  EXPECT_EQ(size.typical_of_large, 20) << "one image of seven is too few";
  compare_images({{20, 40}, {20, 40}, {20, 40}, {40, 100000}, {40, 100000}}, size);
  EXPECT_EQ(size.typical, 20);
  EXPECT_NEAR(size.typical_of_large, 40, 0.05);
}

TEST(CompareImages, ImagesOfOneKindHaveOneSize) {
  SizeOptions size;
  compare_images({{19, 40}, {20, 40}, {20, 40}, {22, 40}, {23, 40}}, size);
  EXPECT_EQ(size.typical_of_large, size.typical);
}

TEST(CompareImages, LeavesTheSettingsAloneWhereNothingStandsOut) {
  SizeOptions size;
  compare_images({{0, 0}, {0, 0}}, size);
  EXPECT_EQ(size.typical, 0);
}

TEST(NetworkScale, OfMixedImagesHoldsTheLargestObjectOfATypicalOne) {
  auto options = default_options();
  const auto plain = common_scale(options);
  options.size.typical_of_large = 40;
  const auto own = common_scale(options);
  EXPECT_NEAR(own.max_size / own.network_from_image, 20, 1e-9);
  EXPECT_NEAR(own.network_from_image, plain.network_from_image * std::sqrt(2), 1e-9);
  EXPECT_NEAR(own.scale_max / own.scale_min, 2 * 1.21, 1e-9);
}

/// Finds objects of 16 px; `own_scale` lets it look for others.
Detector detector_with(bool own_scale) {
  return trained_detector({{"size", {{"own_scale", own_scale}, {"typical", 15.0}}}});
}

TEST(Detector, FindsObjectsOfAnotherSizeInTheirOwnScale) {
  for (const double diameter : {8.0, 36.0}) {
    const auto truth = rows_of_disks(diameter, 320, 320);
    const auto pixels = draw_ellipses(truth, 320, 320);
    auto fixed = detector_with(false), own = detector_with(true);
    const auto share = [&](Detector& detector) {
      return static_cast<double>(count_found(detector.find({pixels, 0}), truth, 0.7)) /
             static_cast<double>(truth.size());
    };
    EXPECT_GT(share(own), 0.8) << diameter;
    EXPECT_LT(share(fixed), 0.3) << diameter;
  }
}

TEST(Detector, ImagesOfTheTypicalSizeAreFoundAsWithoutOwnScale) {
  const auto pixels = draw_ellipses(scattered_ellipses(160, 160, 3), 160, 160);
  auto fixed = detector_with(false), own = detector_with(true);
  EXPECT_TRUE(own.find({pixels, 0}).instances.boxes.equal(fixed.find({pixels, 0}).instances.boxes));
}

}  // namespace
}  // namespace priorseg
