#include "priorseg/detector/size_estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "detector/tiny_detector.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/relief.h"
#include "support/error_message.h"
#include "support/phase_contrast_scene.h"

namespace priorseg {
namespace {

using namespace test;
using testing::HasSubstr;

SizeEstimator default_estimator() { return SizeEstimator(make_settings("default").detector.intensity); }

/// Disks of about the given diameter on a jittered grid, one of three dim, on noise.
torch::Tensor scattered_disks(double diameter, int64_t side, uint64_t seed) {
  torch::manual_seed(seed);
  auto image = torch::full({side, side}, 100.0);
  const double step = 1.6 * diameter;
  int64_t count = 0;
  for (double y = step / 2; y < static_cast<double>(side); y += step) {
    for (double x = step / 2; x < static_cast<double>(side); x += step) {
      const auto jitter = (torch::rand({3}) - 0.5) * 0.3;
      const double radius = diameter / 2 * (1 + jitter[0].item<double>());
      const Ellipse disk{x + jitter[1].item<double>() * diameter, y + jitter[2].item<double>() * diameter,
                         radius, radius};
      image.masked_fill_(pixels_of(disk, side, side), count++ % 3 == 0 ? 220 : 500);
    }
  }
  return (image + torch::randn_like(image) * 3).unsqueeze(0);
}

TEST(SizeEstimator, RangeHoldsTheObjectsAndTheirSizeIsNearItsMiddle) {
  for (const double diameter : {9.0, 24.0, 70.0}) {
    auto estimator = default_estimator();
    for (uint64_t seed = 1; seed <= 2; ++seed) estimator.add({scattered_disks(diameter, 400, seed), 0});
    const auto range = estimator.estimate();
    EXPECT_LT(range.min, 0.85 * diameter) << diameter;
    EXPECT_GT(range.max, 1.15 * diameter) << diameter;
    EXPECT_NEAR(std::log2(std::sqrt(range.min * range.max) / diameter), 0, 0.4) << diameter;
  }
}

TEST(SizeEstimator, OfAReliefStaysWithinWhatItShows) {
  IntensityOptions options;
  options.polarity = Polarity::kRelief;
  SizeEstimator estimator(options);
  const auto cells = draw_phase_contrast({{50, 50, 11}, {50, 120, 11}, {120, 60, 11}}, 180, 180, 1);
  estimator.add({cells.unsqueeze(0), 0});
  const auto range = estimator.estimate();
  EXPECT_EQ(range.min, kSmallestReliefCell);
  EXPECT_GE(range.max, 2 * kSmallestReliefCell);
  EXPECT_LE(range.max, kLargestReliefCell);
  EXPECT_TRUE(range.is_cut_off);
}

TEST(SizeEstimator, RangeIsAsWideAsTheSizesInTheImages) {
  auto same = default_estimator(), mixed = default_estimator();
  same.add({scattered_disks(20, 400, 1), 0});
  mixed.add({scattered_disks(12, 400, 1), 0});
  mixed.add({scattered_disks(48, 400, 2), 0});
  const auto narrow = same.estimate(), wide = mixed.estimate();
  EXPECT_FALSE(wide.is_cut_off);
  EXPECT_GT(wide.max / wide.min, narrow.max / narrow.min);
  EXPECT_LT(wide.min, 12);
  EXPECT_GT(wide.max, 48);
  EXPECT_LE(wide.max / wide.min, 12) << "more than the settings take";
}

TEST(SizeEstimator, OfImagesThatDifferMuchHoldsAllSizes) {
  const auto settings = make_settings("default").detector;
  SizeEstimator mixed(settings.intensity, settings.size.level_span);
  for (const double diameter : {12.0, 20.0, 40.0, 110.0}) mixed.add({scattered_disks(diameter, 600, 1), 0});
  const auto range = mixed.estimate();
  EXPECT_LT(range.min, 10);
  EXPECT_GT(range.max, 130);
  EXPECT_GT(range.max, settings.size.level_span * range.min);
}

TEST(SizeEstimator, OfImagesOfAKindDoesNotDependOnTheSpanOfALevel) {
  const auto settings = make_settings("default").detector;
  auto plain = default_estimator();
  SizeEstimator with_levels(settings.intensity, settings.size.level_span);
  for (auto* estimator : {&plain, &with_levels}) estimator->add({scattered_disks(24, 400, 1), 0});
  EXPECT_EQ(plain.estimate().min, with_levels.estimate().min);
  EXPECT_EQ(plain.estimate().max, with_levels.estimate().max);
}

TEST(SizeEstimator, DoesNotMindDimmerImagesOrColour) {
  auto grey = default_estimator(), colour = default_estimator();
  const auto image = scattered_disks(24, 300, 1);
  grey.add({image, 0});
  colour.add({(image * 0.1 + 7).expand({3, 300, 300}), 0});
  EXPECT_NEAR(colour.estimate().max, grey.estimate().max, 0.05 * grey.estimate().max);
}

TEST(SizeEstimator, NothingToSeeIsAnError) {
  auto estimator = default_estimator();
  estimator.add({torch::full({1, 64, 64}, 7.0), 1});
  EXPECT_THAT(error_message([&] { estimator.estimate(); }), HasSubstr("--size MIN:MAX"));
}

}  // namespace
}  // namespace priorseg
