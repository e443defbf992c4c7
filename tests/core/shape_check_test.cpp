#include "priorseg/core/shape_check.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;

TEST(ShapeCheck, AcceptsExactAndWildcardDimensions) {
  EXPECT_NO_THROW(check_shape(torch::zeros({3, 4}), {3, 4}, "boxes"));
  EXPECT_NO_THROW(check_shape(torch::zeros({3, 4}), {std::nullopt, 4}, "boxes"));
  EXPECT_NO_THROW(check_shape(torch::zeros({0, 4}), {std::nullopt, 4}, "boxes"));
  EXPECT_NO_THROW(check_shape(torch::tensor(1.0f), {}, "scale"));
}

TEST(ShapeCheck, SaysFoundAndExpectedShape) {
  EXPECT_EQ(error_message([] {
              check_shape(torch::zeros({3, 5}), {std::nullopt, 4}, "boxes");
            }),
            "boxes has shape [3,5], expected [*,4]");
}

TEST(ShapeCheck, RejectsAnotherNumberOfDimensions) {
  EXPECT_EQ(error_message([] {
              check_shape(torch::zeros({3}), {std::nullopt, 4}, "boxes");
            }),
            "boxes has shape [3], expected [*,4]");
  EXPECT_EQ(error_message([] {
              check_shape(torch::zeros({2, 3}), {}, "scale");
            }),
            "scale has shape [2,3], expected []");
  EXPECT_EQ(error_message([] { check_shape(torch::tensor(1.0f), {1}, "scores"); }),
            "scores has shape [], expected [1]");
}

TEST(ShapeCheck, RejectsAnUndefinedTensor) {
  EXPECT_EQ(error_message([] { check_shape(torch::Tensor(), {std::nullopt}, "scores"); }),
            "scores has no shape (undefined), expected [*]");
}

}  // namespace
}  // namespace priorseg
