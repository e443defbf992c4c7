#include "priorseg/image/compact_regions.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>

namespace priorseg {
namespace {

/// Ellipses of x, y, half height and half width on 96 x 96 px.
torch::Tensor inside(const std::vector<std::array<double, 4>>& ellipses) {
  const auto places = torch::arange(96, torch::kFloat64) + 0.5;
  auto map = torch::zeros({96, 96}, torch::kBool);
  for (const auto& [x, y, half_height, half_width] : ellipses) {
    const auto dy = (places - y) / half_height, dx = (places - x) / half_width;
    map |= dy.square().view({-1, 1}) + dx.square().view({1, -1}) <= 1;
  }
  return map;
}

TEST(CompactRegions, GivesSizeAndArea) {
  const auto regions = compact_regions(inside({{30, 40, 10, 6}}));
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_NEAR(regions[0].size, std::sqrt(20.0 * 12.0), 1);
  EXPECT_NEAR(static_cast<double>(regions[0].area), M_PI * 10 * 6, 6);
}

TEST(CompactRegions, LeavesOutWhatIsNotOneWholeObject) {
  EXPECT_TRUE(compact_regions(inside({{30, 40, 8, 8}, {46, 40, 8, 8}})).empty()) << "two that touch";
  EXPECT_TRUE(compact_regions(inside({{2, 40, 8, 8}})).empty()) << "cut by the border";
  EXPECT_TRUE(compact_regions(inside({{30, 40, 1.4, 1.4}})).empty()) << "a speck";
  EXPECT_TRUE(compact_regions(inside({})).empty());
}

TEST(SizeAt, CountsRegionsByTheirArea) {
  const std::vector<CompactRegion> regions = {{20, 60}, {1, 1}, {2, 1}, {30, 38}, {3, 0}};
  EXPECT_EQ(size_at(regions, 0.5), 20);
  EXPECT_EQ(size_at(regions, 0.01), 1);
  EXPECT_EQ(size_at(regions, 0.62), 20);
  EXPECT_EQ(size_at(regions, 0.63), 30);
  EXPECT_EQ(size_at(regions, 1), 30);
}

}  // namespace
}  // namespace priorseg
