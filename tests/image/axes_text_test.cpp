#include "priorseg/image/axes_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

TEST(AxesText, OfPages) {
  const auto slices = parse_axes("ZYX", {7, 1});
  EXPECT_EQ(slices.structure.slices, 7);
  EXPECT_EQ(slices.structure.planes(), 7);
  const auto film = parse_axes("t10c2yx", {20, 1});
  EXPECT_EQ(film.structure.frames, 10);
  EXPECT_EQ(film.structure.channels, 2);
  EXPECT_EQ(film.order, "TC");
  EXPECT_EQ(parse_axes("TC2YX", {20, 1}).structure.frames, 10);  // the length that is left follows
  EXPECT_EQ(parse_axes("YX", {1, 1}).structure.planes(), 1);
}

TEST(AxesText, OfSamples) {
  EXPECT_TRUE(parse_axes("YXS", {1, 3}).samples_are_colours);
  const auto channels = parse_axes("YXC", {1, 5});
  EXPECT_FALSE(channels.samples_are_colours);
  EXPECT_EQ(channels.structure.channels, 1);  // those of pages
  EXPECT_EQ(parse_axes("CYX", {1, 4}).order, "");
  EXPECT_EQ(parse_axes("ZYXS", {4, 3}).structure.slices, 4);
}

TEST(AxesText, ThatDoNotFitAreToldWithWhatIsThere) {
  EXPECT_THAT(error_message([] { parse_axes("TC3YX", {20, 1}); }), HasSubstr("holds 20 planes"));
  EXPECT_THAT(error_message([] { parse_axes("TZYX", {20, 1}); }), HasSubstr("more than one length open"));
  EXPECT_THAT(error_message([] { parse_axes("YXS", {1, 2}); }), HasSubstr("2 samples"));
  for (const char* wrong : {"XY", "Z", "", "QYX", "ZZYX", "3YX", "YXZ", "Z999999999999999999YX"})
    EXPECT_THAT(error_message([&] { parse_axes(wrong, {1, 1}); }), HasSubstr("axes '")) << wrong;
}

}  // namespace
}  // namespace priorseg
