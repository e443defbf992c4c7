#include "priorseg/image/gradient_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "priorseg/core/options.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

GradientOptions options(double truncate, double quantile, double floor) {
  GradientOptions options;
  options.truncate = truncate;
  options.quantile = quantile;
  options.floor = floor;
  return options;
}

TEST(GradientFullScale, IsAShareOfTheMaximumAsInThePaper) {
  const auto magnitude = torch::tensor({{0.1f, 0.5f}, {0.2f, 0.0f}});
  EXPECT_NEAR(gradient_full_scale(magnitude, options(0.8, 1, 0)), 0.4, 1e-7);
}

TEST(GradientFullScale, TakesTheQuantileInAnyShapeAndOrder) {
  const auto magnitude = torch::arange(101, torch::kFloat32) / 100;
  EXPECT_NEAR(gradient_full_scale(magnitude, options(1, 0.9, 0)), 0.9, 1e-6);
  EXPECT_NEAR(gradient_full_scale(magnitude.flip(0).view({1, 1, 1, 101}), options(0.5, 0.9, 0)), 0.45, 1e-6);
  const auto transposed = torch::rand({20, 30}).t();
  EXPECT_EQ(gradient_full_scale(transposed, options(1, 0.7, 0)),
            gradient_full_scale(transposed.contiguous(), options(1, 0.7, 0)));
}

TEST(GradientFullScale, LeavesItsInputAlone) {
  const auto magnitude = torch::rand({10, 10});
  const auto before = magnitude.clone();
  gradient_full_scale(magnitude, options(1, 0.5, 0));
  EXPECT_TRUE(magnitude.equal(before));
}

TEST(GradientFullScale, DoesNotFallBelowTheFloor) {
  EXPECT_EQ(gradient_full_scale(torch::full({3, 3}, 0.01), options(0.8, 1, 0.25)), 0.25);
}

TEST(GradientFullScale, IsPositiveForFlatEmptyAndOnePixelImages) {
  EXPECT_GT(gradient_full_scale(torch::zeros({3, 3}), options(0.8, 1, 0)), 0);
  EXPECT_GT(gradient_full_scale(torch::zeros({0, 3}), options(0.8, 0.9, 0)), 0);
  EXPECT_NEAR(gradient_full_scale(torch::full({1, 1}, 0.5), options(1, 0.9, 0)), 0.5, 1e-7);
}

TEST(GradientOptions, MessagesNameTheFieldAndTheValue) {
  const auto message_of = [](const GradientOptions& o) {
    return error_message([&] { check_options(o, "gradient."); });
  };
  EXPECT_EQ(message_of({}), "no error");
  EXPECT_THAT(message_of(options(0, 1, 0)), HasSubstr("gradient.truncate is 0"));
  EXPECT_THAT(message_of(options(0.8, 0.2, 0)), HasSubstr("gradient.quantile is 0.2"));
  EXPECT_THAT(message_of(options(0.8, NAN, 0)), HasSubstr("gradient.quantile is nan"));
  EXPECT_THAT(message_of(options(0.8, 1, -1)), HasSubstr("gradient.floor is -1"));
}

}  // namespace
}  // namespace priorseg
