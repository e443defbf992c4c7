#include "priorseg/core/option_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::ElementsAre;

enum class Colour { kRed, kGreen, kBlue };
constexpr auto option_names(Colour) {
  return std::array{std::pair{Colour::kRed, "red"}, std::pair{Colour::kGreen, "green"},
                    std::pair{Colour::kBlue, "blue"}};
}

TEST(OptionNames, GoFromValueToNameAndBack) {
  EXPECT_STREQ(name_of(Colour::kGreen), "green");
  EXPECT_EQ(find_named<Colour>("blue"), Colour::kBlue);
  EXPECT_EQ(find_named<Colour>("yellow"), std::nullopt);
  EXPECT_THAT(all_names<Colour>(), ElementsAre("red", "green", "blue"));
}

TEST(OptionRange, BetweenHoldsItsEnds) {
  EXPECT_TRUE(contains(between(2, 5), 2));
  EXPECT_TRUE(contains(between(2, 5), 5));
  EXPECT_FALSE(contains(between(2, 5), 1.999));
  EXPECT_FALSE(contains(between(2, 5), 5.001));
}

TEST(OptionRange, InsideLeavesItsEndsOut) {
  EXPECT_TRUE(contains(inside(0, 1), 0.5));
  EXPECT_FALSE(contains(inside(0, 1), 0));
  EXPECT_FALSE(contains(inside(0, 1), 1));
}

TEST(OptionRange, AtLeastHasNoUpperEndButInfinityIsNoNumber) {
  EXPECT_TRUE(contains(at_least(0), 1e300));
  EXPECT_FALSE(contains(at_least(0), -1));
  EXPECT_FALSE(contains(at_least(0), INFINITY));
  EXPECT_FALSE(contains(at_least(0), NAN));
}

TEST(OptionRange, MultiplesAndChoicesHoldNothingElse) {
  EXPECT_TRUE(contains(multiple_of(32, 64, 128), 96));
  EXPECT_FALSE(contains(multiple_of(32, 64, 128), 100));
  EXPECT_FALSE(contains(multiple_of(32, 64, 128), 32));
  EXPECT_TRUE(contains(one_of(8, 16), 8));
  EXPECT_FALSE(contains(one_of(8, 16), 12));
}

TEST(OptionRange, SaysItselfInWords) {
  EXPECT_EQ(range_text(between(1e-8, 1e8)), "1e-08 to 100000000");
  EXPECT_EQ(range_text(inside(0, 1)), "more than 0, less than 1");
  EXPECT_EQ(range_text(at_least(1)), "at least 1");
  EXPECT_EQ(range_text(multiple_of(32, 64, 128)), "64 to 128, a multiple of 32");
  EXPECT_EQ(range_text(one_of(1, 2, 4)), "1, 2 or 4");
  EXPECT_EQ(range_text(list_of(1, 6, between(1, 1024))), "1 to 6 entries, each 1 to 1024");
  EXPECT_EQ(names_text<Colour>(), "'red', 'green' or 'blue'");
}

TEST(CheckValue, TellsNameValueAndRange) {
  EXPECT_EQ(error_message([] { check_value("size", 3, between(2, 5)); }), "no error");
  EXPECT_EQ(error_message([] { check_value("size", int64_t{123456789012}, between(2, 5)); }),
            "size is 123456789012, expected 2 to 5");
  EXPECT_EQ(error_message([] { check_value("share", 0.1 + 0.9001, between(0, 1)); }),
            "share is 1.0001, expected 0 to 1");
  EXPECT_EQ(error_message([] { check_value("depth", 12, one_of(8, 16)); }), "depth is 12, expected 8 or 16");
}

TEST(CheckValue, ChecksLengthAndEntriesOfLists) {
  const auto message_of = [](const std::vector<double>& values) {
    return error_message([&] { check_value("sides", values, list_of(1, 2, between(1, 9))); });
  };
  EXPECT_EQ(message_of({1, 9}), "no error");
  EXPECT_EQ(message_of({}), "sides has 0 entries, expected 1 to 2");
  EXPECT_EQ(message_of({1, 2, 3}), "sides has 3 entries, expected 1 to 2");
  EXPECT_EQ(message_of({1, 10}), "sides holds 10, expected 1 to 9");
  EXPECT_EQ(message_of({NAN}), "sides holds nan, expected 1 to 9");
}

}  // namespace
}  // namespace priorseg
