#include "priorseg/detector/training_crops.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>
#include <string>
#include <vector>

#include "priorseg/core/generator.h"

namespace priorseg {
namespace {

DetectorOptions options(int64_t crop_size, int64_t batch_size, double blank_crops) {
  DetectorOptions options;
  options.training.crop_size = crop_size;
  options.training.batch_size = batch_size;
  options.training.blank_crops = blank_crops;
  options.intensity.noise_floor = 10;
  return options;
}

CropBatch draw(const std::vector<TrainingImage>& images, const DetectorOptions& options, uint64_t seed) {
  auto generator = torch_generator(seed);
  Random random(seed);
  return draw_crops(images, options, random, generator);
}

TEST(DrawCrops, GivesABatchOfSquareCrops) {
  const auto batch = draw({{torch::rand({50, 90}), 0.5}}, options(32, 5, 0.5), 1);
  EXPECT_EQ(batch.images.sizes(), (torch::IntArrayRef{5, 1, 32, 32}));
  EXPECT_EQ(batch.images.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(batch.gradient_scales.equal(torch::full({5, 1, 1, 1}, 0.5)));
  EXPECT_GE(batch.images.min().item<float>(), 0);
  EXPECT_LE(batch.images.max().item<float>(), 1);
}

TEST(DrawCrops, IsRepeatableBySeed) {
  const std::vector<TrainingImage> images = {{torch::rand({50, 90}), 1}, {torch::rand({70, 40}), 2}};
  const auto first = draw(images, options(32, 4, 0.3), 3);
  const auto again = draw(images, options(32, 4, 0.3), 3);
  EXPECT_TRUE(first.images.equal(again.images));
  EXPECT_TRUE(first.gradient_scales.equal(again.gradient_scales));
  EXPECT_FALSE(first.images.equal(draw(images, options(32, 4, 0.3), 4).images));
}

TEST(DrawCrops, TakesEveryImageWithItsOwnFullScale) {
  const std::vector<TrainingImage> images = {{torch::full({40, 40}, 0.25), 0.25},
                                             {torch::full({40, 40}, 0.75), 0.75}};
  const auto batch = draw(images, options(32, 40, 0), 5);
  const auto scales = batch.gradient_scales.view({-1, 1, 1, 1});
  EXPECT_TRUE(batch.images.equal(scales.expand_as(batch.images)));
  EXPECT_GT(scales.max().item<float>(), scales.min().item<float>());
}

TEST(DrawCrops, TurnsAndMirrorsInAllEightWays) {
  const auto image = torch::arange(256, torch::kFloat32).view({16, 16}) / 256;
  std::set<std::string> seen;
  const auto batch = draw({{image, 1}}, options(16, 200, 0), 6);
  for (int64_t i = 0; i < 200; ++i) {
    const auto crop = batch.images[i][0];
    EXPECT_TRUE(std::get<0>(crop.flatten().sort()).equal(image.flatten()));
    seen.insert(std::to_string(crop[0][0].item<float>()) + " " + std::to_string(crop[0][1].item<float>()));
  }
  EXPECT_EQ(seen.size(), 8u);
}

TEST(DrawCrops, ReachesEveryPlaceOfTheImage) {
  auto image = torch::zeros({40, 24});
  image[0][0] = 0.2f, image[39][23] = 0.4f, image[39][0] = 0.6f, image[0][23] = 0.8f;
  const auto batch = draw({{image, 1}}, options(20, 600, 0), 7);
  for (const float mark : {0.2f, 0.4f, 0.6f, 0.8f})
    EXPECT_TRUE((batch.images == mark).any().item<bool>()) << mark;
}

TEST(DrawCrops, MirrorsImagesThatAreSmallerThanTheCrop) {
  const auto image = torch::tensor({{0.1f, 0.2f, 0.3f}, {0.4f, 0.5f, 0.6f}});
  const auto batch = draw({{image, 1}}, options(32, 4, 0), 8);
  ASSERT_EQ(batch.images.sizes(), (torch::IntArrayRef{4, 1, 32, 32}));
  for (const float value : {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f}) {
    const double share = (batch.images == value).to(torch::kFloat32).mean().item<double>();
    EXPECT_NEAR(share, 1.0 / 6, 0.02) << value;
  }
}

TEST(DrawCrops, ShowsNoiseOnlyInTheShareOfBlankCrops) {
  const auto batch = draw({{torch::full({40, 40}, 1.0), 1}}, options(16, 400, 0.25), 9);
  int64_t blank = 0;
  for (int64_t i = 0; i < 400; ++i) blank += (batch.images[i] == 1).all().item<bool>() ? 0 : 1;
  EXPECT_NEAR(static_cast<double>(blank) / 400, 0.25, 0.07);
}

TEST(DrawCrops, FirstCropIsNeverBlank) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const auto batch = draw({{torch::full({40, 40}, 1.0), 1}}, options(16, 2, 0.5), seed);
    EXPECT_TRUE((batch.images[0] == 1).all().item<bool>()) << seed;
  }
}

TEST(DrawCrops, LeavesTheImagesAlone) {
  const auto image = torch::rand({40, 40});
  const auto before = image.clone();
  auto batch = draw({{image, 1}}, options(16, 8, 0), 1);
  batch.images.fill_(-1);
  EXPECT_TRUE(image.equal(before));
}

}  // namespace
}  // namespace priorseg
