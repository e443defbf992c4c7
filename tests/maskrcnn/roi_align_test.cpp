#include "priorseg/maskrcnn/roi_align.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "priorseg/maskrcnn/roi_align_portable.h"
#include "support/central_differences.h"
#include "support/error_message.h"
#include "support/thread_count.h"

namespace priorseg {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;

struct Case {
  torch::Tensor features, regions, image;
};

/// Regions inside, across the border, wholly outside, and smaller than a px.
Case make_case(torch::ScalarType dtype) {
  torch::manual_seed(4);
  const auto features = torch::randn({2, 3, 6, 9}, dtype);
  const auto regions = torch::tensor(
      {{4.0, 3.0, 20.0, 17.0}, {-9.0, -7.0, 15.0, 11.0}, {60.0, 60.0, 90.0, 80.0}, {8.0, 8.0, 8.5, 8.25}},
      dtype);
  return {features, regions, torch::tensor({0, 1, 0, 1}, torch::kInt64)};
}

/// A pixel of a map as RoIAlign reads it: 0 far outside, the border's value just outside.
double read_map(const torch::Tensor& map, double y, double x) {
  const auto height = static_cast<double>(map.size(0)), width = static_cast<double>(map.size(1));
  if (y < -1 || x < -1 || y > height || x > width) return 0;
  y = std::clamp(y, 0.0, height - 1), x = std::clamp(x, 0.0, width - 1);
  const auto top = static_cast<int64_t>(y), left = static_cast<int64_t>(x);
  const auto at = [&](int64_t row, int64_t column) {
    row = std::min(row, map.size(0) - 1), column = std::min(column, map.size(1) - 1);
    return map[row][column].item<double>();
  };
  const double down = y - static_cast<double>(top), right = x - static_cast<double>(left);
  return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
         down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

/// Mean of the samples of one output cell.
double cell_mean(const torch::Tensor& map, const torch::Tensor& region, int64_t row, int64_t column,
                 const RoiAlignOptions& options) {
  const double shift = options.aligned ? 0.5 : 0;
  const auto corner = [&](int64_t i) { return region[i].item<double>() * options.scale - shift; };
  double width = corner(2) - corner(0), height = corner(3) - corner(1);
  if (!options.aligned) width = std::max(width, 1.0), height = std::max(height, 1.0);
  const double cell_width = width / static_cast<double>(options.width);
  const double cell_height = height / static_cast<double>(options.height);
  const auto across = options.samples > 0 ? options.samples : static_cast<int64_t>(std::ceil(cell_width));
  const auto down = options.samples > 0 ? options.samples : static_cast<int64_t>(std::ceil(cell_height));
  double sum = 0;
  for (int64_t i = 0; i < down; ++i)
    for (int64_t k = 0; k < across; ++k)
      sum += read_map(map,
                      corner(1) + (static_cast<double>(row) +
                                   (static_cast<double>(i) + 0.5) / static_cast<double>(down)) *
                                      cell_height,
                      corner(0) + (static_cast<double>(column) +
                                   (static_cast<double>(k) + 0.5) / static_cast<double>(across)) *
                                      cell_width);
  return sum / static_cast<double>(std::max<int64_t>(1, across * down));
}

torch::Tensor slow_roi_align(const Case& c, const RoiAlignOptions& options) {
  auto pooled = torch::zeros({c.regions.size(0), c.features.size(1), options.height, options.width},
                             c.features.options());
  for (int64_t n = 0; n < pooled.size(0); ++n)
    for (int64_t channel = 0; channel < pooled.size(1); ++channel)
      for (int64_t row = 0; row < options.height; ++row)
        for (int64_t column = 0; column < options.width; ++column)
          pooled[n][channel][row][column] =
              cell_mean(c.features[c.image[n].item<int64_t>()][channel], c.regions[n], row, column, options);
  return pooled;
}

class EachSampling : public testing::TestWithParam<std::tuple<bool, int>> {
 protected:
  RoiAlignOptions options() const { return {3, 4, 0.25, std::get<1>(GetParam()), std::get<0>(GetParam())}; }
};

INSTANTIATE_TEST_SUITE_P(RoiAlign, EachSampling,
                         testing::Combine(testing::Bool(), testing::Values(0, 1, 2, 3)));

TEST_P(EachSampling, AgreesWithASlowLoop) {
  const auto c = make_case(torch::kFloat64);
  EXPECT_LT(
      relative_difference(roi_align(c.features, c.regions, c.image, options()), slow_roi_align(c, options())),
      1e-12);
}

TEST_P(EachSampling, AgreesInFloat32) {
  const auto c = make_case(torch::kFloat32);
  EXPECT_LT(
      relative_difference(roi_align(c.features, c.regions, c.image, options()), slow_roi_align(c, options())),
      1e-5);
}

TEST_P(EachSampling, GradientAgreesWithCentralDifferences) {
  auto c = make_case(torch::kFloat64);
  const auto weights = torch::randn({4, 3, 3, 4}, torch::kFloat64);
  const auto weighted_sum = [&] {
    return (roi_align(c.features, c.regions, c.image, options()) * weights).sum();
  };
  c.features.requires_grad_();
  weighted_sum().backward();
  const auto gradient = c.features.grad();
  c.features = c.features.detach();
  EXPECT_LT(relative_difference(gradient, central_differences(weighted_sum, c.features)), 1e-8);
}

TEST_P(EachSampling, FormForOtherDevicesAgreesWithItsGradient) {
  if (options().samples == 0) {
    const auto c = make_case(torch::kFloat64);
    EXPECT_THAT(error_message([&] { roi_align_portable(c.features, c.regions, c.image, options()); }),
                HasSubstr("on the CPU only"));
    return;
  }
  const auto run = [&](const auto& form) {
    auto c = make_case(torch::kFloat64);
    const auto weights = torch::randn({4, 3, 3, 4}, torch::kFloat64);  // after the same seed: the same
    c.features.requires_grad_();
    const auto pooled = form(c.features, c.regions, c.image, options());
    (pooled * weights).sum().backward();
    return std::pair(pooled.detach(), c.features.grad());
  };
  const auto kernel = run(roi_align), portable = run(roi_align_portable);
  EXPECT_LT(relative_difference(portable.first, kernel.first), 1e-12);
  EXPECT_LT(relative_difference(portable.second, kernel.second), 1e-12);
}

TEST(RoiAlign, DoesNotDependOnTheNumberOfThreads) {
  const auto run = [](int threads) {
    const ThreadCount count(threads);
    auto c = make_case(torch::kFloat32);
    c.features.requires_grad_();
    const auto pooled = roi_align(c.features, c.regions, c.image, {});
    pooled.square().sum().backward();
    return std::pair(pooled, c.features.grad());
  };
  const auto one = run(1), two = run(2);
  EXPECT_TRUE(one.first.equal(two.first));
  EXPECT_TRUE(one.second.equal(two.second));
}

TEST(RoiAlign, AlignedRegionOfWholePixelsGivesThosePixels) {
  const auto features = torch::arange(20, torch::kFloat32).view({1, 1, 4, 5});
  const auto region = torch::tensor({{1.0f, 1.0f, 4.0f, 3.0f}});
  const auto pooled = roi_align(features, region, torch::zeros({1}, torch::kInt64), {2, 3, 1, 1, true});
  EXPECT_TRUE(pooled[0][0].equal(features[0][0].slice(0, 1, 3).slice(1, 1, 4)));
}

TEST(RoiAlign, WithoutRegionsGivesNone) {
  const auto pooled =
      roi_align(torch::rand({1, 2, 4, 4}), torch::zeros({0, 4}), torch::zeros({0}, torch::kInt64), {});
  EXPECT_EQ(pooled.sizes(), (torch::IntArrayRef{0, 2, 7, 7}));
}

TEST(RoiAlign, RegionThatIsNoNumberGivesZeros) {
  const auto features = torch::ones({1, 1, 4, 4});
  for (const float number : {NAN, INFINITY}) {
    for (const int64_t samples : {0, 2}) {
      const auto region = torch::tensor({{0.0f, 0.0f, number, number}});
      const auto pooled =
          roi_align(features, region, torch::zeros({1}, torch::kInt64), {2, 2, 1, samples, true});
      EXPECT_TRUE(pooled.equal(torch::zeros({1, 1, 2, 2})));
      if (samples == 0) continue;
      EXPECT_TRUE(pooled.equal(
          roi_align_portable(features, region, torch::zeros({1}, torch::kInt64), {2, 2, 1, samples, true})));
    }
  }
}

TEST(RoiAlign, WrongInputIsAnErrorThatTellsWhat) {
  const auto c = make_case(torch::kFloat32);
  EXPECT_THAT(error_message([&] { roi_align(c.features, c.regions.slice(1, 0, 3), c.image, {}); }),
              HasSubstr("regions has shape [4,3], expected [*,4]"));
  EXPECT_THAT(error_message([&] { roi_align(c.features, c.regions.to(torch::kFloat64), c.image, {}); }),
              AllOf(HasSubstr("Double"), HasSubstr("expected both")));
  EXPECT_THAT(error_message([&] { roi_align(c.features, c.regions, c.image + 1, {}); }),
              HasSubstr("expected numbers from 0 to 1"));
  EXPECT_THAT(error_message([&] { roi_align(c.features, c.regions, c.image.to(torch::kInt32), {}); }),
              HasSubstr("expected Long"));
}

}  // namespace
}  // namespace priorseg
