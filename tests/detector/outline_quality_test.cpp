#include "priorseg/detector/outline_quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "priorseg/core/random.h"
#include "priorseg/detector/outline_signs.h"

namespace priorseg {
namespace {

constexpr int64_t kSideOfGround = 60;
constexpr double kScoreOfAll = 0.7;

using IsInside = std::function<bool(double y, double x)>;

IsInside disk_at(double y0, double x0, double radius) {
  return [=](double y, double x) { return std::hypot(y - y0, x - x0) <= radius; };
}

std::vector<uint8_t> pixels_in(const IsInside& inside) {
  std::vector<uint8_t> map;
  for (int64_t y = 0; y < kSideOfGround; ++y)
    for (int64_t x = 0; x < kSideOfGround; ++x)
      map.push_back(inside(static_cast<double>(y) + 0.5, static_cast<double>(x) + 0.5));
  return map;
}

/// The grey value falls from 50 to 10 over `blur` px around the border of a disk.
OutlineWindow disk_window(double radius, double blur, const std::vector<uint8_t>& drawn) {
  OutlineWindow window{kSideOfGround, kSideOfGround, {}, drawn, std::vector<uint8_t>(drawn.size())};
  for (int64_t y = 0; y < kSideOfGround; ++y)
    for (int64_t x = 0; x < kSideOfGround; ++x) {
      const double to_border =
          radius - std::hypot(static_cast<double>(y) + 0.5 - 30, static_cast<double>(x) + 0.5 - 30);
      window.grey.push_back(static_cast<float>(10 + 40 / (1 + std::exp(-4 * to_border / blur))));
    }
  return window;
}

TEST(OutlineSigns, OfADisk) {
  const auto disk = pixels_in(disk_at(30, 30, 12));
  const auto signs = signs_of_outline(disk_window(12, 1, disk), disk, kScoreOfAll);
  EXPECT_EQ(signs.score, kScoreOfAll);
  EXPECT_NEAR(signs.fill, 1, 0.01);
  EXPECT_EQ(signs.agreement, 1);
  EXPECT_LT(signs.unevenness, 0.3);
  // A step of the whole height over some 2 px: 12 px / 2 px.
  EXPECT_NEAR(std::exp(signs.sharpness), 12 / 3.0, 1.1);
}

TEST(OutlineSigns, DoNotDependOnUnitOrOffsetOfGreyValues) {
  const auto disk = pixels_in(disk_at(30, 30, 12));
  auto window = disk_window(12, 3, disk);
  const auto signs = signs_of_outline(window, disk, kScoreOfAll);
  for (auto& grey : window.grey) grey = 300 + 5 * grey;
  const auto scaled = signs_of_outline(window, disk, kScoreOfAll);
  EXPECT_NEAR(scaled.unevenness, signs.unevenness, 1e-4);
  EXPECT_NEAR(scaled.sharpness, signs.sharpness, 1e-4);
}

TEST(OutlineSigns, TwoDisksDoNotFillTheirEllipse) {
  const auto two =
      pixels_in([](double y, double x) { return disk_at(30, 20, 9)(y, x) || disk_at(30, 40, 9)(y, x); });
  EXPECT_LT(signs_of_outline(disk_window(9, 1, two), two, kScoreOfAll).fill, 0.9);
}

TEST(OutlineSigns, AgreementIsTheOverlapWithWhatWasDrawn) {
  const auto drawn = pixels_in([](double y, double x) { return y < 40 && x > 10 && x < 30 && y > 20; });
  const auto outline = pixels_in([](double y, double x) { return y < 40 && x > 10 && x < 20 && y > 20; });
  EXPECT_NEAR(signs_of_outline(disk_window(12, 1, drawn), outline, kScoreOfAll).agreement, 0.5, 1e-9);
}

TEST(OutlineSigns, AnOutlineBesideTheEdgeIsLessSharpAndLessEven) {
  const auto right = pixels_in(disk_at(30, 30, 12)), wide = pixels_in(disk_at(30, 30, 17));
  const auto good = signs_of_outline(disk_window(12, 2, right), right, kScoreOfAll);
  const auto bad = signs_of_outline(disk_window(12, 2, wide), wide, kScoreOfAll);
  EXPECT_LT(bad.sharpness, good.sharpness - 1);
  EXPECT_GT(bad.unevenness, 1.5 * good.unevenness);
  EXPECT_LT(quality_of_outline(bad), quality_of_outline(good));
}

TEST(OutlineSigns, WhatDoesNotStandOutHasTheWorstOnes) {
  const auto disk = pixels_in(disk_at(30, 30, 12));
  auto window = disk_window(12, 1, disk);
  for (auto& grey : window.grey) grey = 60 - grey;  // a hole
  const auto signs = signs_of_outline(window, disk, kScoreOfAll);
  EXPECT_EQ(signs.unevenness, 2);
  EXPECT_EQ(signs.sharpness, std::log(0.05));
}

TEST(OutlineSigns, UnknownPixelsDoNotMatter) {
  const auto disk = pixels_in(disk_at(30, 30, 12));
  auto window = disk_window(12, 1, disk);
  const auto whole = signs_of_outline(window, disk, kScoreOfAll);
  Random random(3);
  for (auto& grey : window.grey)
    if (random.uniform(0.0, 1.0) < 0.03) grey = std::numeric_limits<float>::quiet_NaN();
  const auto holes = signs_of_outline(window, disk, kScoreOfAll);
  EXPECT_NEAR(holes.unevenness, whole.unevenness, 0.05);
  EXPECT_NEAR(holes.sharpness, whole.sharpness, 0.3);
}

TEST(OutlineSigns, OnePixelAndAWholeWindow) {
  const auto pixel = pixels_in(disk_at(30.5, 30.5, 0.6)),
             all = std::vector<uint8_t>(kSideOfGround * kSideOfGround, 1);
  for (const auto& outline : {pixel, all}) {
    const double quality =
        quality_of_outline(signs_of_outline(disk_window(12, 1, outline), outline, kScoreOfAll));
    EXPECT_GT(quality, 0);
    EXPECT_LT(quality, 1);
  }
}

TEST(OutlineQuality, EverySignCounts) {
  const OutlineSigns usual{0.7, 0.97, 0.93, 0.25, 1};
  const double quality = quality_of_outline(usual);
  auto better = usual;
  better.score = 0.9;
  EXPECT_GT(quality_of_outline(better), quality);
  better = usual, better.fill = 1;
  EXPECT_GT(quality_of_outline(better), quality);
  better = usual, better.agreement = 0.98;
  EXPECT_GT(quality_of_outline(better), quality);
  better = usual, better.unevenness = 0.1;
  EXPECT_GT(quality_of_outline(better), quality);
  better = usual, better.sharpness = 1.5;
  EXPECT_GT(quality_of_outline(better), quality);
}

TEST(ChanceOfMatch, RisesWithQualityAndSize) {
  EXPECT_NEAR(chance_of_match(0.5, 1), 1 / (1 + std::exp(-2.04)), 1e-9);
  EXPECT_GT(chance_of_match(0.6, 1), chance_of_match(0.5, 1));
  EXPECT_GT(chance_of_match(0.5, 1.2), chance_of_match(0.5, 1));
  EXPECT_EQ(chance_of_match(1, 1), 1);
  EXPECT_EQ(chance_of_match(0, 1), 0);
}

}  // namespace
}  // namespace priorseg
