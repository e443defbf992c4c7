#include "priorseg/image/edge_sharpness.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

namespace priorseg {
namespace {

/// Disks whose edges are blurred by about a Gaussian of `sigma` px, of a height each.
torch::Tensor disks(double radius, double sigma, const std::vector<double>& heights) {
  const auto side = static_cast<int64_t>(4 * radius + 12 * sigma);
  const auto places = torch::arange(side, torch::kFloat32) - static_cast<double>(side) / 2;
  const auto outside = (places.view({-1, 1}).square() + places.view({1, -1}).square()).sqrt() - radius;
  const auto disk = 0.5 * torch::erfc(outside / (std::sqrt(2.0) * sigma));
  std::vector<torch::Tensor> row;
  for (const double height : heights) row.push_back(height * disk);
  return torch::cat(row, 1).contiguous();
}

double sharpness_of(const torch::Tensor& image) { return edge_sharpness(image, compact_parts(image > 0.5)); }

TEST(EdgeSharpness, IsDiameterByBlurInUnitsOfTheEdge) {
  const double sigma = 3, with_own = std::hypot(sigma, 1);  // that of the measurement, too
  EXPECT_NEAR(sharpness_of(disks(30, sigma, {1})), 60 / (std::sqrt(2 * M_PI) * with_own), 0.5);
}

TEST(EdgeSharpness, IsLowForASpotThatIsNothingButBlur) {
  const auto places = torch::arange(120, torch::kFloat32) - 60;
  const auto spot = (-(places.view({-1, 1}).square() + places.view({1, -1}).square()) / (2 * 100)).exp();
  EXPECT_LT(sharpness_of(spot.contiguous()), 2.4);
  EXPECT_GT(sharpness_of(disks(14, 1, {1})), 4);
}

TEST(EdgeSharpness, DependsNeitherOnTheUnitNorOnDimObjects) {
  const auto image = disks(15, 2, {1});
  const auto parts = compact_parts(image > 0.5);
  EXPECT_NEAR(edge_sharpness(37 * image, parts), edge_sharpness(image, parts), 1e-3);
  EXPECT_NEAR(sharpness_of(disks(15, 2, {1, 1.4, 1.8})), edge_sharpness(image, parts), 0.4);
}

TEST(EdgeSharpness, OfNothingIsNothing) {
  const auto image = torch::zeros({20, 30});
  EXPECT_EQ(edge_sharpness(image, compact_parts(image > 0.5)), 0);
  const auto disk = disks(10, 1, {1});
  EXPECT_EQ(edge_sharpness(-disk, compact_parts(disk > 0.5)), 0) << "what is darker does not rise";
}

}  // namespace
}  // namespace priorseg
