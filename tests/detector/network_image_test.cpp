#include "priorseg/detector/network_image.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>
#include <vector>

#include "detector/tiny_detector.h"

namespace priorseg {
namespace {

using test::tiny_options;

constexpr int64_t kCell = 8;
constexpr double kInputFill = 0.7;

NetworkImage prepare(const torch::Tensor& pixels, double factor = 1) {
  return prepare_image({pixels, 1}, tiny_options(), {factor, 2, 3, factor * tiny_options().size.max});
}

TEST(NetworkScale, BringsTheTypicalObjectToItsNumberOfGridCells) {
  SizeOptions size = tiny_options().size;
  size.min = 10, size.max = 40, size.object_cells = 2.5, size.slack = 1;
  const auto scale = network_scale(size, 16, kInputFill);
  EXPECT_NEAR(scale.network_from_image * std::sqrt(10.0 * 40.0), 2.5 * 16, 1e-9);
}

// An object takes `fill` of its box: the box of the smallest object is scale_min grid cells large.
TEST(NetworkScale, BoxesHoldObjectsFromTheSmallestToTheLargestWithSlack) {
  SizeOptions size = tiny_options().size;
  size.min = 10, size.max = 40, size.object_cells = 2, size.slack = 1.25;
  const auto scale = network_scale(size, 16, kInputFill);
  EXPECT_NEAR(scale.scale_min * 16 * kInputFill / scale.network_from_image, 10 / 1.25, 1e-9);
  EXPECT_NEAR(scale.scale_max * 16 * kInputFill / scale.network_from_image, 40 * 1.25, 1e-9);
}

TEST(NetworkScale, TakesBoxSizesThatAreGivenInGridCells) {
  SizeOptions size = tiny_options().size;
  size.scale_min = 1.75, size.scale_max = 3.5;
  const auto scale = network_scale(size, 16, kInputFill);
  EXPECT_EQ(scale.scale_min, 1.75);
  EXPECT_EQ(scale.scale_max, 3.5);
}

TEST(PrepareImage, IsPaddedToWholeGridCellsOnEverySide) {
  for (const auto& [height, width] :
       std::vector<std::array<int64_t, 2>>{{40, 64}, {41, 63}, {7, 8}, {1, 1}}) {
    const auto image = prepare(100 * torch::rand({1, height, width}));
    EXPECT_EQ(image.mapped.size(0) % kCell, 0);
    EXPECT_EQ(image.mapped.size(1) % kCell, 0);
    EXPECT_GE(image.padding, kCell);
    EXPECT_GE(image.mapped.size(0), height + 2 * image.padding);
    EXPECT_LT(image.mapped.size(0), height + 2 * image.padding + kCell);
    EXPECT_GE(image.mapped.size(1), width + 2 * image.padding);
    EXPECT_EQ(image.signal.sizes(), image.mapped.sizes());
  }
}

TEST(PrepareImage, HoldsTheMappedImageInsideThePaddingAndMirrorsIt) {
  const auto pixels = 100 * torch::rand({1, 30, 40});
  const auto image = prepare(pixels);
  const int64_t p = image.padding;
  const auto inside = image.mapped.slice(0, p, p + 30).slice(1, p, p + 40);
  const auto statistics = measure_image(pixels[0], 1);
  const auto expected =
      map_intensity(pixels[0], statistics, tiny_options().intensity, tiny_options().size.max);
  EXPECT_TRUE(inside.allclose(expected, 1e-5, 1e-6));
  EXPECT_TRUE(image.mapped[p - 1].equal(image.mapped[p]));
  EXPECT_TRUE(image.mapped.select(1, p - 2).equal(image.mapped.select(1, p + 1)));
}

TEST(PrepareImage, SignalCountsNoiseSigmasAboveTheBackground) {
  torch::manual_seed(1);
  auto pixels = 50 + 4 * torch::randn({1, 80, 80});
  pixels.slice(1, 30, 50).slice(2, 30, 50).add_(200);
  const auto image = prepare(pixels);
  const auto signal = image.signal.slice(0, image.padding, image.padding + 80);
  EXPECT_NEAR(signal.slice(0, 32, 48).slice(1, image.padding + 32, image.padding + 48).mean().item<double>(),
              200 / 4.0, 10);
  EXPECT_NEAR(signal.slice(0, 0, 20).mean().item<double>(), 0, 0.5);
}

TEST(PrepareImage, RescalesAndTellsTheExactFactors) {
  const auto image = prepare(100 * torch::rand({1, 101, 67}), 0.5);
  EXPECT_NEAR(image.y_scale, 0.5, 0.01);
  EXPECT_NEAR(image.x_scale, 0.5, 0.01);
  EXPECT_EQ(image.y_scale * 101, std::round(image.y_scale * 101));
  EXPECT_EQ(image.x_scale * 67, std::round(image.x_scale * 67));
}

TEST(PrepareImage, ReadsThreeChannelsAsTheirMean) {
  const auto pixels = 255 * torch::rand({3, 30, 30});
  const auto colour = prepare(pixels), grey = prepare(pixels.mean(0, true));
  EXPECT_TRUE(colour.mapped.allclose(grey.mapped, 1e-4, 1e-5));
}

TEST(PrepareImage, OfBlackFlatBrightOrTinyImagesIsFinite) {
  for (const auto& pixels :
       {torch::zeros({1, 40, 40}), torch::full({1, 40, 40}, 65535.0), torch::full({3, 17, 9}, 7.0),
        torch::full({1, 1, 1}, 12.0), torch::zeros({1, 1, 300}), torch::rand({1, 2, 3})}) {
    for (const auto& [mapping, name] : option_names(IntensityMapping{}))
      for (const double quantum : {0.0, 1.0})
        for (const double factor : {0.1, 1.0, 3.0}) {
          auto options = tiny_options();
          options.intensity.mapping = mapping;
          const auto image =
              prepare_image({pixels, quantum}, options, {factor, 2, 3, factor * options.size.max});
          ASSERT_TRUE(image.mapped.isfinite().all().item<bool>()) << name << pixels.sizes();
          ASSERT_TRUE(image.signal.isfinite().all().item<bool>()) << name << pixels.sizes();
          ASSERT_GT(image.gradient_scale, 0);
          ASSERT_GT(image.x_scale * image.y_scale, 0);
        }
  }
}

}  // namespace
}  // namespace priorseg
