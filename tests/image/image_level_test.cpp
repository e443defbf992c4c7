#include "priorseg/image/image_level.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

const std::vector<LevelSize> kLevels = {{4000, 3000, 0.25}, {2000, 1500, 0.5}, {500, 375, 2.0}};

TEST(ImageLevel, ReadsNumbersAndSizes) {
  EXPECT_EQ(parse_level("").number, 0);
  EXPECT_EQ(parse_level("3").number, 3);
  EXPECT_EQ(parse_level("0.5um").um_per_pixel, 0.5);
  for (const char* text : {"a", "-1", "1.5", "0um", "-2um", "2 um x"})
    EXPECT_THAT(error_message([&] { parse_level(text); }), HasSubstr("is no level of a pyramid")) << text;
}

TEST(ImageLevel, TakesTheSmallestPictureWhosePixelsAreNoLarger) {
  EXPECT_EQ(choose_level(kLevels, parse_level("0.1um")), 0);  // the full one where none is fine enough
  EXPECT_EQ(choose_level(kLevels, parse_level("0.499um")), 1);
  EXPECT_EQ(choose_level(kLevels, parse_level("1.9um")), 1);
  EXPECT_EQ(choose_level(kLevels, parse_level("10um")), 2);
}

TEST(ImageLevel, NamesTheLevelsThatAreThere) {
  EXPECT_EQ(choose_level(kLevels, parse_level("2")), 2);
  EXPECT_THAT(error_message([] { choose_level(kLevels, parse_level("3")); }),
              HasSubstr("there are levels 0 to 2"));
  EXPECT_THAT(error_message([] { choose_level({{5, 5, 0}}, parse_level("1")); }), HasSubstr("only level 0"));
  EXPECT_THAT(error_message([] {
                choose_level({{5, 5, 0}}, parse_level("1um"));
              }),
              HasSubstr("does not say"));
}

}  // namespace
}  // namespace priorseg
