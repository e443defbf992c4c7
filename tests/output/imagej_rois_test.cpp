#include "priorseg/output/imagej_rois.h"

#include <gtest/gtest.h>

#include <bit>

namespace priorseg {
namespace {

int32_t number_at(const std::string& roi, size_t place, int bytes) {
  int32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(roi[place + i]);
  return value;
}

float float_at(const std::string& roi, size_t place) {
  return std::bit_cast<float>(number_at(roi, place, 4));
}

TEST(ImageJRoi, OfOnePartIsTraced) {
  const std::string roi = encode_imagej_roi(trace_outline({3, 5, 2, 1, 2, {1, 1}}), "12", {1});
  EXPECT_EQ(roi.substr(0, 4), "Iout");
  EXPECT_EQ(roi[6], 8);
  EXPECT_EQ(number_at(roi, 8, 2), 5);   // top
  EXPECT_EQ(number_at(roi, 10, 2), 3);  // left
  EXPECT_EQ(number_at(roi, 12, 2), 7);  // bottom
  EXPECT_EQ(number_at(roi, 14, 2), 4);  // right
  EXPECT_EQ(number_at(roi, 16, 2), 4);  // corners
  EXPECT_EQ(number_at(roi, 50, 2), 0);  // no floats
  EXPECT_EQ(number_at(roi, 56, 4), 1);  // plane
  EXPECT_EQ(number_at(roi, 64, 2), 1);  // x of the first corner, from the left
  EXPECT_EQ(number_at(roi, 72, 2), 0);  // y of it, from the top
  EXPECT_EQ(roi.substr(roi.size() - 4), std::string("\0"
                                                    "1"
                                                    "\0"
                                                    "2",
                                                    4));
}

TEST(ImageJRoi, BeyondSixteenBitsHasFloats) {
  const std::string roi = encode_imagej_roi(trace_outline({100000, 5, 1, 1, 1, {1}}), "1", {1});
  EXPECT_EQ(number_at(roi, 50, 2), 128);
  EXPECT_EQ(float_at(roi, 64 + 16), 100001);
  EXPECT_EQ(float_at(roi, 64 + 32), 5);
}

TEST(ImageJRoi, WithAHoleIsComposite) {
  const std::string roi =
      encode_imagej_roi(trace_outline({0, 0, 3, 3, 8, {1, 1, 1, 1, 0, 1, 1, 1, 1}}), "1", {1});
  EXPECT_EQ(roi[6], 1);
  const int32_t numbers = number_at(roi, 36, 4);
  EXPECT_EQ(numbers, 2 * (4 * 3 + 1));   // two rings of four corners, each closed
  EXPECT_EQ(float_at(roi, 64), 0);       // moves to the first corner
  EXPECT_EQ(float_at(roi, 64 + 12), 1);  // draws to the second one
  EXPECT_EQ(float_at(roi, 64 + 12 * 4), 4);
}

PicturePosition picture_in(int64_t frames, int64_t slices, int64_t channels) {
  PicturePosition position{{}, 4, 3, 2, false};
  position.file.frames = frames;
  position.file.slices = slices;
  position.file.channels = channels;
  return position;
}

TEST(ImageJRois, PositionsAreThoseOfAPlainStackOrAHyperstack) {
  EXPECT_EQ(imagej_position(PicturePosition{}), (ImageJPosition{1, 0, 0}));
  EXPECT_EQ(imagej_position(picture_in(5, 1, 1)), (ImageJPosition{4, 0, 0}));
  EXPECT_EQ(imagej_position(picture_in(1, 5, 1)), (ImageJPosition{3, 0, 0}));
  EXPECT_EQ(imagej_position(picture_in(1, 1, 2)), (ImageJPosition{2, 0, 0}));
  EXPECT_EQ(imagej_position(picture_in(5, 5, 2)), (ImageJPosition{0, 3, 4}));
  EXPECT_EQ(imagej_position(picture_in(5, 1, 2)), (ImageJPosition{0, 0, 4}));
  auto projected = picture_in(5, 5, 1);
  projected.is_of_all_slices = true;
  EXPECT_EQ(imagej_position(projected), (ImageJPosition{0, 0, 4}));
}

TEST(ImageJRois, PositionsOfAHyperstackStandInTheSecondHeader) {
  const std::string roi = encode_imagej_roi(trace_outline({3, 5, 2, 1, 2, {1, 1}}), "12", {0, 3, 4});
  const size_t second = static_cast<uint8_t>(roi[63]) + 256u * static_cast<uint8_t>(roi[62]);
  EXPECT_EQ(roi[56 + 3], 0);
  EXPECT_EQ(roi[second + 4 + 3], 0);
  EXPECT_EQ(roi[second + 8 + 3], 3);
  EXPECT_EQ(roi[second + 12 + 3], 4);
}

}  // namespace
}  // namespace priorseg
