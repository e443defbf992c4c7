#include "priorseg/image/outlined_regions.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace priorseg {
namespace {

struct BrightDisk {
  double x, y, diameter, brightness = 100;
};

/// Disks with borders of a pixel on noise.
torch::Tensor disks(const std::vector<BrightDisk>& drawn, int64_t height = 240, int64_t width = 300) {
  torch::manual_seed(3);
  const auto y = (torch::arange(height, torch::kFloat32) + 0.5).view({-1, 1});
  const auto x = (torch::arange(width, torch::kFloat32) + 0.5).view({1, -1});
  auto image = torch::full({height, width}, 50.0f) + torch::randn({height, width});
  for (const auto& disk : drawn) {
    const auto distance = ((x - disk.x).square() + (y - disk.y).square()).sqrt();
    const auto share = (disk.diameter / 2 - distance + 0.5).clamp(0, 1);
    image = image * (1 - share) + share * (50 + disk.brightness);
  }
  return image;
}

/// The regions that weigh at least a tenth of the heaviest, smallest first.
std::vector<double> plain_sizes(const torch::Tensor& grey) {
  const auto regions = outlined_regions(grey);
  double heaviest = 0;
  for (const auto& region : regions) heaviest = std::max(heaviest, region.weight / region.size / region.size);
  std::vector<double> sizes;
  for (const auto& region : regions)
    if (region.weight / region.size / region.size > 0.1 * heaviest) sizes.push_back(region.size);
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

TEST(OutlinedRegions, FindsDisksOfAnySize) {
  const auto sizes = plain_sizes(disks({{30, 30, 8}, {60, 40, 16}, {200, 120, 80}}));
  ASSERT_EQ(sizes.size(), 3u);
  EXPECT_NEAR(sizes[0], 8, 2.5);
  EXPECT_NEAR(sizes[1], 16, 2.5);
  EXPECT_NEAR(sizes[2], 80, 2);
}

TEST(OutlinedRegions, FindsTheDisksOfACrowdThatFillsTheImage) {
  std::vector<BrightDisk> crowd;
  for (int row = 0; row < 7; ++row)
    for (int column = 0; column < 8; ++column)
      crowd.push_back({40.0 * column + (row % 2 == 0 ? 0 : 20), 36.0 * row, 39});
  const auto sizes = plain_sizes(disks(crowd));
  ASSERT_GT(sizes.size(), 20u);
  EXPECT_NEAR(sizes[sizes.size() / 2], 39, 3);
}

TEST(OutlinedRegions, TakesTheDiskAndNotTheBrightCapOnIt) {
  const auto shaded = disks({{120, 120, 60}}) + 40 * (disks({{120, 108, 34, 1}}) - disks({})).clamp_min(0);
  const auto sizes = plain_sizes(shaded);
  ASSERT_EQ(sizes.size(), 1u);
  EXPECT_NEAR(sizes[0], 60, 2);
}

TEST(OutlinedRegions, CutsBetweenObjectAndSurroundings) {
  for (const auto& region : outlined_regions(disks({{100, 100, 40}}))) {
    if (region.size < 30) continue;
    EXPECT_GT(region.level, 51) << "noise has a sigma of 1";
    EXPECT_LT(region.level, 149);
  }
}

TEST(OutlinedRegions, LeaveOutWhatTheBorderCutsAndWhatIsNoPicture) {
  for (const auto& region : outlined_regions(disks({{0, 100, 40}, {300, 200, 30}})))
    EXPECT_LT(region.size, 12) << "noise at most";
  auto half = disks({{80, 100, 40}});
  half.slice(1, 150).fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_NEAR(plain_sizes(half).back(), 40, 2);
}

TEST(OutlinedRegions, AreNoneWhereThereIsNothing) {
  EXPECT_TRUE(outlined_regions(torch::full({40, 50}, 7.0f)).empty());
  EXPECT_TRUE(outlined_regions(torch::full({40, 50}, std::numeric_limits<float>::quiet_NaN())).empty());
  EXPECT_TRUE(outlined_regions(torch::ones({1, 1})).empty());
}

}  // namespace
}  // namespace priorseg
