#include "priorseg/image/pixel_region.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

TEST(PixelRegion, ReadsFourNumbers) {
  EXPECT_EQ(parse_region("10,20,300,40"), (PixelRegion{10, 20, 300, 40}));
  for (const char* text :
       {"1,2,3", "1,2,3,4,5", "1,2,0,4", "-1,2,3,4", "1 2 3 4", "a,2,3,4", "1,2,3,4x", "1,,2,3"})
    EXPECT_THAT(error_message([&] { parse_region(text); }), HasSubstr("is no region")) << text;
}

TEST(PixelRegion, IsCutAtThePicture) {
  EXPECT_EQ(region_of_copy({90, 10, 30, 30}, 100, 100, 100, 100), (PixelRegion{90, 10, 10, 30}));
  EXPECT_THAT(error_message([] {
                region_of_copy({100, 0, 5, 5}, 100, 100, 100, 100);
              }),
              HasSubstr("outside the picture of 100 x 100 pixels"));
}

TEST(PixelRegion, CoversWhatItDoesOfASmallerCopy) {
  EXPECT_EQ(region_of_copy({3, 4, 3, 4}, 100, 100, 50, 50), (PixelRegion{1, 2, 2, 2}));
  EXPECT_EQ(region_of_copy({0, 0, 101, 77}, 77, 101, 38, 51), (PixelRegion{0, 0, 51, 38}));
}

}  // namespace
}  // namespace priorseg
