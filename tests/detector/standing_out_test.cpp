// What speaks for and against the objects of an image.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "detector/tiny_detector.h"

namespace priorseg {
namespace {

using namespace test;

FoundRows look_for(const std::vector<Ellipse>& ellipses,
                   const nlohmann::json& change = nlohmann::json::object()) {
  FoundRows all;
  const auto detector = trained_detector(change);
  detector.find_in_bands(Image(draw_ellipses(ellipses, 128, 128), 0), 1 << 20,
                         [&](const FoundRows& piece) { all = piece; });
  return all;
}

double share_of(int64_t part, int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

TEST(StandingOut, WhatStandsAloneIsOutlinedAsOneObject) {
  const auto ellipses = scattered_ellipses(128, 128, 3);
  const auto found = look_for(ellipses);
  double area = 0;
  for (const auto& ellipse : ellipses) area += M_PI * ellipse.half_height * ellipse.half_width;
  EXPECT_EQ(found.looked_at, 128 * 128);
  EXPECT_NEAR(static_cast<double>(found.alone), area, 0.15 * area) << "image px = network px";
  EXPECT_GT(share_of(found.alone_met, found.alone), 0.9);
  EXPECT_GT(share_of(found.explained, found.standing_out), 0.8);
}

TEST(StandingOut, NothingIsMetWhereNothingIsFound) {
  const auto found = look_for(scattered_ellipses(128, 128, 3), {{"inference", {{"presence", 1.0}}}});
  ASSERT_TRUE(found.found.objects.empty());
  EXPECT_GT(found.alone, 0);
  EXPECT_EQ(found.alone_met, 0);
}

TEST(StandingOut, ObjectsOfAnotherSizeAreNotMet) {
  // Four objects of 50 px: what is found of them are pieces of at most 22 px.
  std::vector<Ellipse> large;
  for (const double y : {32.0, 94.0})
    for (const double x : {32.0, 94.0}) large.push_back({x, y, 25, 25});
  const auto found = look_for(large);
  EXPECT_GT(found.alone, 4 * 1700);
  EXPECT_EQ(found.alone_met, 0);
}

TEST(StandingOut, WhatCrossesAnotherDoesNotStandAlone) {
  const auto found = look_for({{40, 40, 16, 5}, {40, 40, 5, 16}, {90, 90, 8, 8}});
  EXPECT_NEAR(static_cast<double>(found.alone), M_PI * 64, 40);
}

}  // namespace
}  // namespace priorseg
