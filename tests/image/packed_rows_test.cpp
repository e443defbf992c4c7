#include "priorseg/image/packed_rows.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

namespace priorseg {
namespace {

void expect_unchanged(const torch::Tensor& rows) {
  const PackedRows packed(rows);
  for (int64_t y = 0; y < rows.size(0); ++y)
    for (const int64_t first : {int64_t{0}, rows.size(1) / 3}) {
      auto copy = torch::empty({rows.size(1) - first});
      packed.copy(y, first, copy.numel(), copy.data_ptr<float>());
      EXPECT_TRUE(torch::allclose(copy, rows[y].slice(0, first), 0, 0, /*equal_nan=*/true)) << y;
    }
}

// 5,000 values: more than are looked at together.
TEST(PackedRows, GiveBackWhatTheyWereGiven) {
  for (const float largest : {0.0f, 1.0f, 255.0f, 256.0f, 65535.0f, 65536.0f, 3e9f}) {
    auto rows = (torch::rand({5, 1000}) * largest).floor();
    rows[4][999] = largest;
    expect_unchanged(rows);
    expect_unchanged(rows.t());
    expect_unchanged(rows / 3);
    expect_unchanged(-rows);
  }
  for (const float odd : {-1.0f, 0.5f, std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    auto rows = torch::ones({5, 1000});
    rows[4][998] = odd;
    expect_unchanged(rows);
    expect_unchanged(torch::full({2, 3}, odd));
  }
}

TEST(PackedRows, OfNoPixelsHoldNothing) {
  EXPECT_TRUE(PackedRows(torch::zeros({0, 7})).is_zero());
  EXPECT_TRUE(PackedRows(torch::zeros({2, 7})).is_zero());
  EXPECT_FALSE(PackedRows(torch::ones({2, 7})).is_zero());
  EXPECT_FALSE(PackedRows(torch::eye(3)).is_zero());
}

}  // namespace
}  // namespace priorseg
