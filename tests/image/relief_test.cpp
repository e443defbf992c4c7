#include "priorseg/image/relief.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "support/phase_contrast_scene.h"

namespace priorseg {
namespace {

using test::draw_phase_contrast;

/// Middle of the values within `radius` of a place.
double around(const torch::Tensor& map, int64_t row, int64_t column, int64_t radius) {
  return map.slice(0, row - radius, row + radius + 1)
      .slice(1, column - radius, column + radius + 1)
      .median()
      .item<double>();
}

torch::Tensor two_cells() { return draw_phase_contrast({{60, 50, 20}, {60, 97, 20}}, 200, 180, 1); }

TEST(Relief, CellsAreBrightAndEvenOnADarkGround) {
  const auto relief = relief_of(two_cells());
  const double cell = around(relief, 60, 50, 8);
  EXPECT_GT(cell, 0.5);
  EXPECT_LT(around(relief, 160, 90, 15), 0.2 * cell);
  const auto body = relief.slice(0, 50, 71).slice(1, 40, 61);
  EXPECT_LT(body.std().item<double>(), 0.1 * cell);
}

TEST(Relief, HasADarkLineBetweenCells) {
  const auto relief = relief_of(two_cells());
  for (int64_t row = 50; row <= 70; ++row)
    EXPECT_LT(relief[row].slice(0, 66, 82).min().item<double>(), 0.1) << row;
}

TEST(Relief, HasADarkLineBetweenCellsWithoutAHaloThere) {
  auto grey = two_cells();
  torch::manual_seed(2);
  grey.slice(0, 56, 65).slice(1, 66, 82) = 985 + 60 * torch::randn({9, 16});
  const auto relief = relief_of(grey);
  EXPECT_GT(around(relief, 60, 50, 8), 0.5);
  EXPECT_GT(around(relief, 60, 97, 8), 0.5);
  for (int64_t row = 50; row <= 70; ++row)
    EXPECT_LT(relief[row].slice(0, 60, 88).min().item<double>(), 0.1) << row;
}

TEST(Relief, BordersLieInTheHalo) {
  const auto relief = relief_of(draw_phase_contrast({{60, 60, 20}}, 120, 120, 1));
  const double radius = std::sqrt(relief.gt(0.5).sum().item<double>() / M_PI);
  EXPECT_GT(radius, 20.5);
  EXPECT_LT(radius, 25);
}

TEST(Relief, LeavesOutWhatIsTooSmallForACell) {
  const auto relief = relief_of(draw_phase_contrast({{60, 60, 14}, {60, 150, 5}}, 120, 200, 1));
  EXPECT_GT(around(relief, 60, 60, 4), 0.5);
  EXPECT_EQ(relief.slice(1, 120, 180).gt(0.5).sum().item<int64_t>(), 0);
}

TEST(Relief, BrightVesiclesLeaveNoHole) {
  auto grey = two_cells();
  grey.slice(0, 58, 62).slice(1, 48, 52) += 400;
  const auto relief = relief_of(grey);
  EXPECT_GT(around(relief, 60, 50, 1), 0.8 * around(relief, 60, 97, 8));
}

TEST(Relief, DirtSaturates) {
  auto grey = two_cells();
  grey.slice(0, 150, 155).slice(1, 90, 95) -= 200;
  auto darker = two_cells();
  darker.slice(0, 150, 155).slice(1, 90, 95) -= 900;
  EXPECT_TRUE(relief_of(grey).allclose(relief_of(darker), 0, 0.02));
}

TEST(Relief, DoesNotDependOnTheUnitOfTheGreyValues) {
  const auto grey = two_cells(), relief = relief_of(grey);
  EXPECT_TRUE(relief_of(grey * 37 + 500).allclose(relief, 1e-3, 1e-3));
  EXPECT_GE(relief.min().item<double>(), 0);
  EXPECT_LE(relief.max().item<double>(), 1);
}

/// Rows and columns are treated alike but for the order of the rounds.
TEST(Relief, OfATurnedImageIsNearlyTheTurnedRelief) {
  const auto grey = two_cells();
  const auto difference = relief_of(grey.t().contiguous()).t() - relief_of(grey);
  EXPECT_LT(difference.abs().mean().item<double>(), 0.03);
}

TEST(Relief, OfNothingIsNothing) {
  EXPECT_EQ(relief_of(torch::zeros({0, 3})).numel(), 0);
  EXPECT_TRUE(relief_of(torch::full({1, 1}, 7.0)).equal(torch::zeros({1, 1})));
  EXPECT_TRUE(relief_of(torch::full({9, 30}, 7.0)).equal(torch::zeros({9, 30})));
  torch::manual_seed(1);
  EXPECT_TRUE(relief_of(torch::randn({1, 40})).isfinite().all().item<bool>());
  EXPECT_TRUE(relief_of(torch::randn({40, 1})).isfinite().all().item<bool>());
}

TEST(Relief, WhatIsNotFiniteStaysWhereItIs) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  auto grey = two_cells();
  grey.slice(0, 170, 200) = kNan;
  grey[5][5] = std::numeric_limits<float>::infinity();
  const auto relief = relief_of(grey);
  EXPECT_TRUE(relief.isnan().equal(grey.isfinite().logical_not()));
  EXPECT_GT(around(relief, 60, 50, 8), 0.5);
  EXPECT_TRUE(relief_of(torch::full({4, 4}, kNan)).isnan().all().item<bool>());
}

}  // namespace
}  // namespace priorseg
