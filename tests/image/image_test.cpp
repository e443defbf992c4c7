#include "priorseg/image/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "priorseg/image/image_source.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

PixelSize size_of(double x, double y, int unit, std::string description = {}) {
  return {x, y, unit, std::move(description)};
}

TEST(PixelSize, IsKnownFromTheUnitOfTheTags) {
  EXPECT_DOUBLE_EQ(size_of(40000, 20000, 3).um_per_pixel_x(), 0.25);
  EXPECT_DOUBLE_EQ(size_of(40000, 20000, 3).um_per_pixel_y(), 0.5);
  EXPECT_DOUBLE_EQ(size_of(25400, 50800, 2).um_per_pixel_x(), 1);
  EXPECT_DOUBLE_EQ(size_of(25400, 50800, 2).um_per_pixel_y(), 0.5);
}

TEST(PixelSize, IsKnownFromTheUnitThatImageJWrote) {
  const auto with_unit = [](const std::string& unit) {
    return size_of(4, 5, 1, "ImageJ=1.53t\nunit=" + unit + "\nmin=0\n").um_per_pixel_x();
  };
  for (const char* unit : {"micron", "um", "\\u00B5m", "\xb5m", "\xc2\xb5m", "\xce\xbcm"})
    EXPECT_DOUBLE_EQ(with_unit(unit), 0.25) << unit;
  EXPECT_DOUBLE_EQ(with_unit("nm"), 0.25e-3);
  EXPECT_DOUBLE_EQ(with_unit("mm"), 250);
  EXPECT_DOUBLE_EQ(size_of(4, 5, 3, "ImageJ=1.53t\nunit=micron").um_per_pixel_y(), 0.2) << "before the tag";
}

TEST(PixelSize, IsUnknownWithoutUnitOrResolution) {
  for (const auto& size : {PixelSize{}, size_of(4, 5, 1), size_of(0, 0, 3), size_of(4, 5, 7),
                           size_of(4, 5, 1, "ImageJ=1.53t\nunit=pixel\n"), size_of(4, 5, 1, "unit=micron\n")})
    EXPECT_EQ(size.um_per_pixel_x(), 0) << size.description;
}

TEST(Image, TakesItsSizeFromThePixels) {
  const Image image(torch::zeros({3, 4, 5}), 0);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.height, 4);
  EXPECT_EQ(image.width, 5);
  EXPECT_TRUE(image.is_float());
  EXPECT_EQ(image.axes(), "CYX");
  EXPECT_EQ(Image(torch::zeros({1, 4, 5}), 1).axes(), "YX");
  EXPECT_FALSE(Image(torch::zeros({1, 4, 5}), 1).is_float());
}

TEST(Image, PartsKeepWhatTheFileSays) {
  Image image(torch::rand({1, 8, 9}), 1);
  image.bit_depth = 16;
  image.pixel_size = size_of(4, 5, 3);
  const Image part(image.pixels.slice(1, 2, 6), image);
  EXPECT_EQ(part.height, 4);
  EXPECT_EQ(part.width, 9);
  EXPECT_EQ(part.bit_depth, 16);
  EXPECT_EQ(part.quantum, 1);
  EXPECT_EQ(part.pixel_size.x_resolution, 4);
}

TEST(Image, OfAnotherShapeIsAnError) {
  EXPECT_THAT(error_message([] { Image(torch::zeros({4, 5}), 1); }), HasSubstr("pixels has shape [4,5]"));
}

TEST(Image, IsASourceOfItsRows) {
  const Image image(torch::rand({3, 8, 9}), 0);
  const ImageSource source = image;
  EXPECT_EQ(source.height, 8);
  EXPECT_EQ(source.quantum, 0);
  EXPECT_TRUE(source.read(2, 5).equal(image.pixels.slice(1, 2, 5)));
}

}  // namespace
}  // namespace priorseg
