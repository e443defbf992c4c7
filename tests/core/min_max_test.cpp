#include "priorseg/core/min_max.h"

#include <gtest/gtest.h>

#include "priorseg/core/error.h"
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

TEST(SizeRange, IsInPixelsOrMicrometres) {
  EXPECT_FALSE(parse_size_range("18:56").is_in_um);
  for (const char* text : {"8um:25um", "8:25um", "8\xc2\xb5m:25\xc2\xb5m", "8\xce\xbcm:25um"}) {
    const auto size = parse_size_range(text);
    EXPECT_TRUE(size.is_in_um) << text;
    EXPECT_EQ(size.range.min, 8) << text;
    EXPECT_EQ(size.range.max, 25) << text;
  }
  for (const char* wrong : {"8um:25", "um8:25", "8umm:25um", "8u:25um", "um:um", "25um:8um", "8mm:25mm", ""})
    EXPECT_THROW(parse_size_range(wrong), Error) << wrong;
}

}  // namespace
}  // namespace priorseg
