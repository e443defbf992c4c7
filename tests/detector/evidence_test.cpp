#include "priorseg/detector/evidence.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "detector/tiny_detector.h"

namespace priorseg {
namespace {

using namespace test;

constexpr int64_t kSide = 32;

/// [1,1,S,S], soft at the border.
torch::Tensor ellipse(double x, double y, double half_height, double half_width) {
  const auto sharp = pixels_of(Ellipse{x, y, half_height, half_width}, kSide, kSide).to(torch::kFloat32);
  const auto padded = torch::replication_pad2d(sharp.view({1, 1, kSide, kSide}), {1, 1, 1, 1});
  return torch::avg_pool2d(padded, 3, 1);
}

double alignment(const torch::Tensor& image, const torch::Tensor& mask, double height = 32,
                 double width = 32) {
  return alignment_of(image, mask,
                      torch::tensor({50.0, 60.0, height, width}).to(torch::kFloat32).view({1, 4}))
      .item<double>();
}

TEST(Alignment, IsOneWhereTheOutlineIsThatOfTheImageWhateverItsBrightness) {
  const auto disk = ellipse(16, 16, 10, 10);
  EXPECT_GT(alignment(disk, disk), 0.9);
  EXPECT_GT(alignment(0.3 + 0.4 * disk, disk), 0.85);
  EXPECT_LE(alignment(disk, disk), 1);
}

TEST(Alignment, FallsWhereTheOutlineIsElsewhere) {
  const auto disk = ellipse(16, 16, 10, 10);
  const double shifted = alignment(ellipse(19, 16, 10, 10), disk),
               small = alignment(disk, ellipse(16, 16, 5, 5));
  EXPECT_LT(shifted, 0.9 * alignment(disk, disk));
  EXPECT_LT(small, 0.2);
}

TEST(Alignment, IsNegativeForDarkObjectsAndAboutZeroInNoise) {
  torch::manual_seed(1);
  const auto disk = ellipse(16, 16, 10, 10);
  EXPECT_LT(alignment(1 - disk, disk), -0.9);
  EXPECT_NEAR(alignment(0.5 + 0.1 * torch::randn({1, 1, kSide, kSide}), disk), 0, 0.2);
  EXPECT_EQ(alignment(torch::full({1, 1, kSide, kSide}, 0.5), disk), 0);
}

TEST(Alignment, OfAMaskWithoutAnOutlineIsZero) {
  EXPECT_EQ(alignment(ellipse(16, 16, 10, 10), torch::zeros({1, 1, kSide, kSide})), 0);
}

TEST(Alignment, IsMeasuredInTheFrameOfTheImage) {
  // A linear ramp to the right: in a box that is four times as high as wide, its gradient seen in the patch
  // is the same, but the outline of the object runs mostly along the ramp's gradient.
  const auto ramp =
      (torch::arange(kSide, torch::kFloat32) / kSide).view({1, 1, 1, kSide}).expand({1, 1, kSide, kSide});
  const auto half =
      pixels_of(Ellipse{0, 16, 40, 12}, kSide, kSide).to(torch::kFloat32).view({1, 1, kSide, kSide});
  EXPECT_LT(alignment(ramp, half, 128, 32), alignment(ramp, half, 32, 128));
}

TEST(Alignment, EmptyInputGivesEmptyOutput) {
  const auto none = torch::zeros({0, 1, kSide, kSide});
  EXPECT_EQ(alignment_of(none, none, torch::zeros({0, 4})).size(0), 0);
  EXPECT_EQ(contrast_of(none, none).size(0), 0);
}

TEST(Contrast, IsTheMeanInsideMinusTheLowerQuartileAround) {
  auto signal = torch::full({1, 1, 4, 4}, 2.0f), mask = torch::zeros({1, 1, 4, 4});
  mask.slice(2, 1, 3).slice(3, 1, 3).fill_(1);
  signal.slice(2, 1, 3).slice(3, 1, 3).fill_(10);
  signal[0][0][0][0] = signal[0][0][0][1] = signal[0][0][0][2] = signal[0][0][0][3] = 1;  // 4 of 12 around
  EXPECT_NEAR(contrast_of(signal, mask).item<double>(), 9, 1e-5);
}

}  // namespace
}  // namespace priorseg
