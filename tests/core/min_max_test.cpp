#include "priorseg/core/min_max.h"

#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;

TEST(ParseMinMax, ReadsTwoNumbers) {
  EXPECT_EQ(parse_min_max("18:56").min, 18);
  EXPECT_EQ(parse_min_max("18:56").max, 56);
  EXPECT_EQ(parse_min_max("1e1:12.5").min, 10);
  EXPECT_EQ(parse_min_max("1e1:12.5").max, 12.5);
  EXPECT_EQ(parse_min_max("7:7").max, 7);
}

TEST(ParseMinMax, AnythingElseIsAnError) {
  for (const char* text : {"", ":", "18", "18:", ":56", "18-56", "18:56:60", "18: 56", "18:56px", "56:18",
                           "0:5", "-3:5", "nan:5", "5:inf"})
    EXPECT_EQ(error_message([&] { parse_min_max(text); }),
              "'" + std::string(text) + "' is no range of sizes, expected MIN:MAX, e.g. 18:56");
}

}  // namespace
}  // namespace priorseg
