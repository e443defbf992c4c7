#include "priorseg/detector/image_look.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "detector/tiny_detector.h"
#include "priorseg/detector/settings.h"

namespace priorseg {
namespace {

using namespace test;

/// Settings of the default for objects of 10 to 40 px.
ImageLook look_at(const torch::Tensor& pixels) {
  auto options = make_settings("default").detector;
  options.size.min = 10;
  options.size.max = 40;
  const auto scale = network_scale(options.size, options.localizer.cell_size(), 0.7);
  return look_at_image(Image(pixels, 0), options, scale);
}

TEST(LookAtImage, TellsShareShapeAndSizeOfWhatStandsOut) {
  std::vector<Ellipse> disks;
  for (double y = 30; y < 280; y += 50)
    for (double x = 30; x < 280; x += 50) disks.push_back({x, y, 10, 10});
  const auto look = look_at(draw_ellipses(disks, 300, 300));
  EXPECT_NEAR(look.standing_out, 25 * M_PI * 100 / (300 * 300), 0.02);
  EXPECT_GT(look.compact, 0.9);
  EXPECT_NEAR(look.size, 20, 2);
  ASSERT_EQ(look.parts.sizes(), (std::vector<int64_t>{300, 300}));
  EXPECT_EQ(std::get<0>(at::_unique(look.parts)).numel(), 26) << "25 parts and what is around them";
  EXPECT_NE(look.parts[30][30].item<int32_t>(), 0);
  EXPECT_EQ(look.parts[5][5].item<int32_t>(), 0);
}

TEST(LookAtImage, TellsHowSharpEdgesAre) {
  const auto sharp = draw_ellipses({{50, 50, 10, 10}, {50, 120, 10, 10}, {120, 60, 10, 10}}, 200, 200);
  auto blurred = sharp;
  for (int round = 0; round < 3; ++round)
    blurred =
        torch::avg_pool2d(torch::reflection_pad2d(blurred.unsqueeze(0), {6, 6, 6, 6}), 13, 1).squeeze(0);
  EXPECT_GT(look_at(sharp).sharpness, 1.5 * look_at(blurred).sharpness);
  EXPECT_LT(look_at(blurred).sharpness, 2.4);
}

TEST(LookAtImage, NothingStandsOutOfNoise) {
  const auto look = look_at(draw_ellipses({}, 300, 300));
  EXPECT_LT(look.standing_out, 0.002);
  EXPECT_EQ(look.parts.sizes(), (std::vector<int64_t>{300, 300}));
}

TEST(LookAtImage, ThreadsHaveTheShapeOfNoObject) {
  auto pixels = draw_ellipses({}, 300, 300);
  const auto places = torch::arange(300, torch::kFloat32);
  const auto winding = places.view({-1, 1}) + 12 * (places.view({1, -1}) / 15).sin();
  pixels += 200 * ((winding / 6).sin() > 0.8);
  const auto look = look_at(pixels);
  EXPECT_GT(look.standing_out, 0.1);
  EXPECT_LT(look.compact, 0.1);
}

}  // namespace
}  // namespace priorseg
