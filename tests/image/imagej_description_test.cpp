#include "priorseg/image/imagej_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

TEST(ImageJDescription, NamesAxes) {
  const auto found = parse_imagej_description(
      "ImageJ=1.53t\nimages=24\nchannels=2\nslices=3\nframes=4\nhyperstack=true\nmode=composite\n");
  EXPECT_EQ(found.images, 24);
  EXPECT_EQ(found.structure.text(), "4 frames, 3 slices and 2 channels");
  EXPECT_EQ(parse_imagej_description("ImageJ=1.53t\r\nimages=5\r\nslices=5\r\n").structure.slices, 5);
  EXPECT_EQ(parse_imagej_description("ImageJ=1.53t\nunit=micron\n").images, 1);
}

TEST(ImageJDescription, IsKnownByItsFirstLine) {
  EXPECT_TRUE(is_imagej_description("ImageJ=1.53t\n"));
  EXPECT_FALSE(is_imagej_description("by ImageJ=1"));
}

TEST(ImageJDescription, WithSizesThatNoFileHasIsRefused) {
  for (const char* wrong : {"images=-3", "slices=99999999999999999999", "frames=many"})
    EXPECT_THAT(error_message([&] { parse_imagej_description(std::string("ImageJ=1\n") + wrong + "\n"); }),
                HasSubstr(wrong));
}

}  // namespace
}  // namespace priorseg
