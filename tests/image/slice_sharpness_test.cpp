#include "priorseg/image/slice_sharpness.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

namespace priorseg {
namespace {

torch::Tensor discs(double edge) {
  const auto y = torch::arange(64).view({64, 1}), x = torch::arange(64).view({1, 64});
  const auto distance = ((y - 30).square() + (x - 33).square()).to(torch::kFloat32).sqrt();
  return (1000 * torch::sigmoid((12 - distance) / edge)).unsqueeze(0);
}

TEST(SliceSharpness, IsHighestInFocus) {
  torch::manual_seed(1);
  const auto noise = 20 * torch::randn({1, 64, 64});
  EXPECT_GT(slice_sharpness(discs(0.5) + noise), slice_sharpness(discs(3) + noise));
  EXPECT_GT(slice_sharpness(discs(3) + noise), slice_sharpness(noise));
}

TEST(SliceSharpness, KnowsLittlePicturesAndWhatIsNoNumber) {
  EXPECT_EQ(slice_sharpness(torch::rand({1, 2, 2})), 0);
  auto holes = discs(1);
  holes[0][0][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isfinite(slice_sharpness(holes)));
  EXPECT_EQ(slice_sharpness(torch::full({3, 20, 20}, 7.0f)), 0);
}

}  // namespace
}  // namespace priorseg
