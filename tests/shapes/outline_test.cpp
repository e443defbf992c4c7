#include "priorseg/shapes/outline.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numbers>

#include "priorseg/core/error.h"
#include "priorseg/shapes/mask_outline.h"
#include "priorseg/shapes/outline_families.h"

namespace priorseg {
namespace {

// The oracle: counts sample points of each pixel that lie inside (even-odd rule).
torch::Tensor sampled_coverage(const Outline& outline, int64_t height, int64_t width, int samples) {
  torch::Tensor result = torch::zeros({height, width});
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      int inside = 0;
      for (int s = 0; s < samples * samples; ++s) {
        const double px = static_cast<double>(x) + (s % samples + 0.5) / samples;
        const double py = static_cast<double>(y) + (s / samples + 0.5) / samples;
        bool in = false;
        for (size_t i = 0; i < outline.size(); ++i) {
          const Point& a = outline[i];
          const Point& b = outline[(i + 1) % outline.size()];
          if ((a.y > py) != (b.y > py) && px < a.x + (py - a.y) / (b.y - a.y) * (b.x - a.x)) in = !in;
        }
        inside += in;
      }
      result[y][x] = static_cast<float>(inside) / static_cast<float>(samples * samples);
    }
  }
  return result;
}

Outline rectangle(double x0, double y0, double x1, double y1) {
  return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
}

TEST(Coverage, MatchesCountedSamples) {
  Random random(1);
  for (int i = 0; i < 6; ++i) {
    Outline outline = draw_contour_outline({1, 3}, random);
    deform(outline, 0.1, random);
    fit_to(outline, {1.3, 2.1, 12.6, 10.2});
    const torch::Tensor exact = coverage(outline, 13, 15);
    EXPECT_TRUE(torch::allclose(exact, sampled_coverage(outline, 13, 15, 24), 0, 0.02));
    EXPECT_NEAR(exact.sum().item<double>(), area_of(outline), 1e-3);
  }
}

TEST(Coverage, IsExactForARectangle) {
  const torch::Tensor exact = coverage(rectangle(0.25, 1, 2.5, 2.5), 4, 4);
  const torch::Tensor expected =
      torch::tensor({0.f, 0.f, 0.f, 0.f, .75f, 1.f, .5f, 0.f, .375f, .5f, .25f, 0.f, 0.f, 0.f, 0.f, 0.f})
          .view({4, 4});
  EXPECT_TRUE(torch::allclose(exact, expected, 0, 1e-6)) << exact;
}

TEST(Coverage, DropsWhatReachesOverTheBorder) {
  Outline outline = {{-3, -2}, {9, 4}, {5, 12}, {-4, 7}};
  EXPECT_TRUE(torch::allclose(coverage(outline, 6, 7), sampled_coverage(outline, 6, 7, 32), 0, 0.02));
  EXPECT_EQ(coverage(rectangle(-5, 1, -1, 3), 4, 4).sum().item<float>(), 0);
  EXPECT_EQ(coverage(rectangle(5, 1, 9, 3), 4, 4).sum().item<float>(), 0);
  EXPECT_EQ(coverage(rectangle(-1, -1, 9, 9), 4, 4).sum().item<float>(), 16);
}

TEST(Outline, KnowsWhetherItCrossesItself) {
  EXPECT_TRUE(is_simple(rectangle(0, 0, 2, 1)));
  EXPECT_FALSE(is_simple({{0, 0}, {2, 1}, {2, 0}, {0, 1}}));
}

TEST(Outline, EveryFamilyStaysSimpleUnderStrongDeformation) {
  Random random(2);
  using Draw = Outline (*)(const AxisRatios&, Random&);
  for (const Draw draw : {Draw{draw_ellipse_outline}, Draw{draw_rod_outline}, Draw{draw_spindle_outline},
                          Draw{draw_contour_outline}}) {
    for (int i = 0; i < 100; ++i) {
      Outline outline = draw({1, 6}, random);
      EXPECT_TRUE(is_simple(outline));
      deform(outline, 0.3, random);
      EXPECT_TRUE(is_simple(outline));
      EXPECT_GT(area_of(outline), 0);
    }
  }
}

TEST(Outline, DeformationHasTheAskedAmplitude) {
  Random random(3);
  const Outline disc = [] {
    Outline points;
    for (int i = 0; i < 64; ++i)
      points.push_back({std::cos(i * 2 * std::numbers::pi / 64), std::sin(i * 2 * std::numbers::pi / 64)});
    return points;
  }();
  double sum = 0;
  for (int trial = 0; trial < 300; ++trial) {
    Outline moved = disc;
    deform(moved, 0.05, random);
    for (size_t i = 0; i < disc.size(); ++i) sum += std::pow(moved[i].x - disc[i].x, 2);
  }
  EXPECT_NEAR(std::sqrt(sum / (300 * 64)), 0.05 * 2, 0.01);  // of a diameter of 2
}

TEST(Outline, BendingKeepsTheAreaOfARod) {
  Outline rod = resample(rectangle(-5, -1, 5, 1), 200);
  const double area = area_of(rod);
  bend(rod, 1.0);
  EXPECT_NEAR(area_of(rod), area, 0.01 * area);
  EXPECT_GT(bounds_of(rod).height(), 2.5);
}

TEST(MaskOutline, FollowsPixelEdgesOfASmallMask) {
  // Too few edges to smooth: the middles of the four edges of one pixel.
  const Outline outline = mask_outline(torch::ones({1, 1}, torch::kUInt8));
  ASSERT_EQ(outline.size(), 4u);
  const Bounds bounds = bounds_of(outline);
  EXPECT_EQ(bounds.x0, 0);
  EXPECT_EQ(bounds.x1, 1);
  EXPECT_EQ(bounds.y0, 0);
  EXPECT_EQ(bounds.y1, 1);
}

TEST(MaskOutline, KeepsAreaAndPlaceOfARectangle) {
  const Outline outline = mask_outline(torch::ones({10, 20}, torch::kUInt8));
  EXPECT_NEAR(area_of(outline), 200, 6);  // rounded corners
  const Bounds bounds = bounds_of(outline);
  EXPECT_NEAR(bounds.x0, 0, 1e-9);
  EXPECT_NEAR(bounds.x1, 20, 1e-9);
  EXPECT_NEAR(bounds.y1, 10, 1e-9);
}

TEST(MaskOutline, IgnoresHolesAndSeparatesCornerContacts) {
  torch::Tensor ring = torch::ones({12, 12}, torch::kUInt8);
  ring.slice(0, 4, 8).slice(1, 4, 8).zero_();
  EXPECT_NEAR(area_of(mask_outline(ring)), 144, 6);
  torch::Tensor ell = torch::ones({12, 12}, torch::kUInt8);
  ell.slice(0, 0, 6).slice(1, 6, 12).zero_();
  const Outline outline = mask_outline(ell);
  EXPECT_TRUE(is_simple(outline));
  EXPECT_NEAR(area_of(outline), 108, 6);
  EXPECT_THROW(mask_outline(torch::zeros({3, 3}, torch::kUInt8)), Error);
}

}  // namespace
}  // namespace priorseg
