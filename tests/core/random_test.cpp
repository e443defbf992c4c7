#include "priorseg/core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace priorseg {
namespace {

std::vector<uint64_t> first_numbers(Random random) {
  std::vector<uint64_t> numbers;
  for (int i = 0; i < 8; ++i) numbers.push_back(random.seed());
  return numbers;
}

TEST(Random, SameSeedGivesTheSameNumbers) {
  EXPECT_EQ(first_numbers(Random(5)), first_numbers(Random(5)));
  EXPECT_NE(first_numbers(Random(5)), first_numbers(Random(6)));
}

TEST(Random, StreamsOfTheSamePurposeAreEqual) {
  EXPECT_EQ(first_numbers(Random(5).stream("crops")), first_numbers(Random(5).stream("crops")));
}

TEST(Random, StreamsDifferByPurposeAndSeed) {
  std::set<std::vector<uint64_t>> seen;
  for (const uint64_t seed : {0, 1, 2}) {
    for (const char* purpose : {"", "crops", "crop", "sporc", "latents"}) {
      seen.insert(first_numbers(Random(seed).stream(purpose)));
    }
  }
  EXPECT_EQ(seen.size(), 15u);
}

TEST(Random, AskingForAStreamDoesNotMoveItsParent) {
  Random random(5);
  random.stream("crops");
  EXPECT_EQ(first_numbers(random), first_numbers(Random(5)));
}

TEST(Random, DrawingFromOneStreamDoesNotShiftAnother) {
  const Random random(5);
  Random crops = random.stream("crops");
  const auto before = first_numbers(random.stream("latents"));
  first_numbers(crops);
  EXPECT_EQ(first_numbers(random.stream("latents")), before);
}

// The seed is part of what a user reports and repeats: its meaning must not change from version to version.
TEST(Random, StreamSeedsStayTheSameBetweenVersions) {
  EXPECT_EQ(Random(1).stream("crops").seed(), 13644116389067606836u);
}

TEST(Random, IntegersReachBothEnds) {
  Random random(5);
  std::set<int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.integer(-1, 2));
  EXPECT_EQ(seen, (std::set<int64_t>{-1, 0, 1, 2}));
  EXPECT_EQ(random.integer(7, 7), 7);
}

TEST(Random, UniformStaysInItsRangeAndFillsIt) {
  Random random(5);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = random.uniform(-1.0, 3.0);
    ASSERT_GE(value, -1.0);
    ASSERT_LT(value, 3.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10000, 1.0, 0.05);  // four standard errors
}

TEST(Random, NormalHasTheWantedMeanAndSpread) {
  Random random(5);
  double sum = 0, squares = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = random.normal(2.0, 3.0);
    sum += value;
    squares += (value - 2.0) * (value - 2.0);
  }
  EXPECT_NEAR(sum / 10000, 2.0, 0.12);
  EXPECT_NEAR(std::sqrt(squares / 10000), 3.0, 0.09);
}

TEST(Random, ChanceOfZeroAndOneAreCertain) {
  Random random(5);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(random.chance(0.0));
    ASSERT_TRUE(random.chance(1.0));
  }
}

}  // namespace
}  // namespace priorseg
