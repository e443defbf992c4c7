#include "priorseg/output/object_hull.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace priorseg {
namespace {

RunningHull hull_of(const torch::Tensor& mask, int64_t compact_every = 1 << 30) {
  RunningHull hull;
  const auto pixels = torch::nonzero(mask);
  for (int64_t i = 0; i < pixels.size(0); ++i) {
    if (i % compact_every == compact_every - 1) hull.compact();
    hull.add(pixels[i][1].item<int64_t>(), pixels[i][0].item<int64_t>());
  }
  return hull;
}

torch::Tensor disk(int64_t side, double radius) {
  const auto place = torch::arange(side, torch::kFloat64) - 0.5 * static_cast<double>(side - 1);
  return (place.view({-1, 1}).square() + place.square()).le(radius * radius);
}

TEST(RunningHull, OfConvexShapesIsTheShape) {
  EXPECT_EQ(hull_of(torch::ones({1, 1})).area(), 1);
  EXPECT_EQ(hull_of(torch::ones({1, 9})).area(), 9);
  EXPECT_EQ(hull_of(torch::ones({30, 20})).area(), 600);
  EXPECT_EQ(hull_of(torch::eye(40)).area(), 40);
  const auto round = disk(301, 150);
  const auto pixels = round.sum().item<double>();
  EXPECT_GE(static_cast<double>(hull_of(round).area()), pixels);
  EXPECT_LT(static_cast<double>(hull_of(round).area()), 1.01 * pixels);
}

TEST(RunningHull, FillsWhatIsHollow) {
  auto ring = torch::ones({12, 15});
  ring.slice(0, 1, 11).slice(1, 1, 14).zero_();
  EXPECT_EQ(hull_of(ring).area(), 12 * 15);
  auto corner = torch::zeros({21, 21});
  corner[0].fill_(1);
  corner.select(1, 0).fill_(1);
  EXPECT_EQ(hull_of(corner).area(), 21 * 22 / 2);
}

TEST(RunningHull, IsTheSameHoweverOftenItIsCompacted) {
  torch::manual_seed(2);
  const auto scattered = torch::rand({200, 90}).ge(0.97) & disk(200, 95).slice(1, 50, 140);
  const auto hull = hull_of(scattered), compacted = hull_of(scattered, 7);
  EXPECT_EQ(hull.area(), compacted.area());
  EXPECT_EQ(hull.feret_diameters(1, 2).max, compacted.feret_diameters(1, 2).max);
  EXPECT_EQ(hull.feret_diameters(1, 2).min, compacted.feret_diameters(1, 2).min);
}

TEST(FeretDiameters, AreThoseOfThePixelsCentres) {
  EXPECT_EQ(hull_of(torch::ones({1, 1})).feret_diameters(1, 1).max, 0);
  const auto line = hull_of(torch::ones({1, 9})).feret_diameters(1, 1);
  EXPECT_EQ(line.min, 0);
  EXPECT_EQ(line.max, 8);
  const auto box = hull_of(torch::ones({4, 5})).feret_diameters(1, 1);
  EXPECT_EQ(box.min, 3);
  EXPECT_EQ(box.max, 5);
  const auto oblong = hull_of(torch::ones({4, 5})).feret_diameters(0.5, 2);
  EXPECT_DOUBLE_EQ(oblong.min, 2);
  EXPECT_DOUBLE_EQ(oblong.max, std::hypot(2, 6));
  const auto round = hull_of(disk(101, 50)).feret_diameters(1, 1);
  EXPECT_EQ(round.max, 100);
  EXPECT_NEAR(round.min, 99.5, 1);
  EXPECT_TRUE(std::isnan(hull_of(torch::ones({4, 5})).feret_diameters(NAN, NAN).min));
}

}  // namespace
}  // namespace priorseg
