#include "priorseg/image/resample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

TEST(ResizeImage, ShrinksByAveragingAreas) {
  const auto grey = torch::rand({6, 9});
  const auto expected = grey.view({3, 2, 3, 3}).mean(torch::IntArrayRef{1, 3});
  EXPECT_TRUE(resize_image(grey, {3, 3}).allclose(expected, 1e-5, 1e-6));
}

TEST(ResizeImage, KeepsTheMeanWhereItShrinksByAnyFactor) {
  const auto grey = torch::rand({37, 53});
  EXPECT_NEAR(resize_image(grey, {20, 31}).mean().item<double>(), grey.mean().item<double>(), 5e-3);
}

// Pixel (0,0) covers [0,1)x[0,1): a ramp stays at its place in the frame of the image.
TEST(ResizeImage, GrowsBilinearlyWithoutAShift) {
  const auto ramp = (torch::arange(8, torch::kFloat32) + 0.5).expand({4, 8});
  const auto large = resize_image(ramp, {8, 16});
  ASSERT_EQ(large.sizes(), (torch::IntArrayRef{8, 16}));
  const auto expected = (torch::arange(16, torch::kFloat32) + 0.5) / 2;
  EXPECT_TRUE(large[3].slice(0, 1, 15).allclose(expected.slice(0, 1, 15), 1e-5, 1e-5));
}

TEST(ResizeImage, KeepsAConstantImageAndItsOwnSizeUnchanged) {
  EXPECT_TRUE(resize_image(torch::full({5, 7}, 3.0), {9, 2}).allclose(torch::full({9, 2}, 3.0)));
  const auto grey = torch::rand({5, 7});
  EXPECT_TRUE(resize_image(grey, {5, 7}).equal(grey));
}

TEST(ResizeImage, ReadsTransposedAndOnePixelImages) {
  const auto grey = torch::rand({8, 6}).t();
  EXPECT_TRUE(resize_image(grey, {3, 4}).equal(resize_image(grey.contiguous(), {3, 4})));
  EXPECT_TRUE(resize_image(torch::full({1, 1}, 2.0), {4, 3}).allclose(torch::full({4, 3}, 2.0)));
}

TEST(ResizeImage, ToOrFromNoPixelsIsAnError) {
  EXPECT_THAT(error_message([] { resize_image(torch::zeros({4, 4}), {0, 4}); }), HasSubstr("no pixels"));
  EXPECT_THAT(error_message([] { resize_image(torch::zeros({0, 4}), {4, 4}); }), HasSubstr("no pixels"));
}

TEST(PadMirrored, RepeatsTheBorderPixelAndGoesBack) {
  const auto line = torch::tensor({{1.0f, 2.0f, 3.0f}});
  const auto padded = pad_mirrored(line, 0, 0, 2, 1);
  EXPECT_TRUE(padded.equal(torch::tensor({{2.0f, 1.0f, 1.0f, 2.0f, 3.0f, 3.0f}})));
}

TEST(PadMirrored, GoesOnForthAndBackBeyondTheSizeOfTheImage) {
  const auto line = torch::tensor({{1.0f, 2.0f}});
  const auto padded = pad_mirrored(line, 0, 0, 5, 4);
  EXPECT_TRUE(
      padded.equal(torch::tensor({{1.0f, 1.0f, 2.0f, 2.0f, 1.0f, 1.0f, 2.0f, 2.0f, 1.0f, 1.0f, 2.0f}})))
      << padded;
  EXPECT_TRUE(pad_mirrored(torch::full({1, 1}, 4.0), 3, 2, 1, 0).equal(torch::full({6, 2}, 4.0)));
}

TEST(PadMirrored, PadsEachSideByItsOwnAmount) {
  const auto grey = torch::rand({3, 4});
  const auto padded = pad_mirrored(grey, 1, 2, 3, 4);
  ASSERT_EQ(padded.sizes(), (torch::IntArrayRef{6, 11}));
  EXPECT_TRUE(padded.slice(0, 1, 4).slice(1, 3, 7).equal(grey));
}

TEST(PadMirrored, ImageWithoutPixelsIsAnError) {
  EXPECT_THAT(error_message([] {
                pad_mirrored(torch::zeros({0, 2}), 1, 1, 1, 1);
              }),
              HasSubstr("without pixels"));
}

}  // namespace
}  // namespace priorseg
