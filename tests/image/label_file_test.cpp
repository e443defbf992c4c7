#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/torch.h>

#include <cmath>

#include "priorseg/core/atomic_file.h"
#include "priorseg/image/image_file.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_tiff.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace test;

class WrittenFile : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_ / name; }

  TemporaryFolder folder_;
};

TEST_F(WrittenFile, KeepsLabelsExact) {
  Layout layout;
  write_test_tiff<uint32_t>(at("labels.tif"), layout,
                            [](uint32_t x, uint32_t, int) { return 2147483647u - x; });
  const torch::Tensor labels = read_label_map(at("labels.tif"));
  ASSERT_EQ(labels.scalar_type(), torch::kInt32);
  for (int x = 0; x < 37; ++x) ASSERT_EQ(labels[7][x].item<int>(), 2147483647 - x);
}

TEST_F(WrittenFile, ReadsFloatLabelsAndRefusesWhatIsNoLabel) {
  Layout layout;
  layout.format = SAMPLEFORMAT_IEEEFP;
  write_test_tiff<float>(at("float.tif"), layout,
                         [](uint32_t x, uint32_t, int) { return static_cast<float>(x); });
  EXPECT_EQ(read_label_map(at("float.tif"))[0][36].item<int>(), 36);
  for (const float wrong : {0.5f, -1.0f, 3e9f, std::nanf("")}) {
    write_test_tiff<float>(at("wrong.tif"), layout, [wrong](uint32_t, uint32_t, int) { return wrong; });
    EXPECT_THAT(error_message([&] { read_label_map(at("wrong.tif")); }), HasSubstr("no labels in row 0"))
        << wrong;
  }
  layout.format = SAMPLEFORMAT_UINT;
  layout.samples = 3;
  write_test_tiff<uint8_t>(at("colour.tif"), layout,
                           [](uint32_t x, uint32_t, int) { return static_cast<uint8_t>(x); });
  EXPECT_THAT(error_message([&] { read_label_map(at("colour.tif")); }), HasSubstr("3 channels"));
}

uint16_t bits_of(const fs::path& path) {
  TIFF* tiff = TIFFOpen(path.c_str(), "r");
  uint16_t bits = 0, compression = 0, predictor = PREDICTOR_NONE;
  TIFFGetField(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetField(tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetField(tiff, TIFFTAG_PREDICTOR, &predictor);
  TIFFClose(tiff);
  EXPECT_EQ(compression, COMPRESSION_ADOBE_DEFLATE);
  EXPECT_EQ(predictor, PREDICTOR_NONE) << "ImageJ would show other labels";
  return bits;
}

TEST_F(WrittenFile, WritesMoreThan65535Labels) {
  const torch::Tensor labels = torch::arange(70001, torch::kInt32).view({1, 70001}).repeat({3, 1}).t();
  write_label_map(at("sub/folder/labels.tif"), labels);
  EXPECT_EQ(bits_of(at("sub/folder/labels.tif")), 32);
  EXPECT_TRUE(read_label_map(at("sub/folder/labels.tif")).equal(labels));
  EXPECT_EQ(std::distance(fs::directory_iterator(at("sub/folder")), {}), 1) << "a temporary file is left";
}

TEST_F(WrittenFile, Writes16BitsUpTo65535) {
  const torch::Tensor labels = torch::arange(65536, torch::kInt32).view({256, 256});
  write_label_map(at("labels.tif"), labels);
  EXPECT_EQ(bits_of(at("labels.tif")), 16);
  EXPECT_TRUE(read_label_map(at("labels.tif")).equal(labels));
  write_label_map(at("labels.tif"), labels + 1);
  EXPECT_EQ(bits_of(at("labels.tif")), 32);
  EXPECT_TRUE(read_label_map(at("labels.tif")).equal(labels + 1));
}

TEST_F(WrittenFile, KeepsResolutionAndImageJUnit) {
  PixelSize size{3.0769, 1.5, 3, {}};
  size.description = "ImageJ=1.53t\nimages=40\nslices=40\nunit=micron\nmin=0\n";
  write_label_map(at("labels.tif"), torch::ones({4, 5}, torch::kInt32), size);
  const PixelSize kept = read_image(at("labels.tif")).pixel_size;
  EXPECT_NEAR(kept.x_resolution, 3.0769, 1e-5);
  EXPECT_NEAR(kept.y_resolution, 1.5, 1e-6);
  EXPECT_EQ(kept.resolution_unit, 3);
  EXPECT_EQ(kept.description, "ImageJ=1.53t\nunit=micron\n");

  write_label_map(at("plain.tif"), torch::ones({4, 5}, torch::kInt32));
  const PixelSize none = read_image(at("plain.tif")).pixel_size;
  EXPECT_EQ(none.x_resolution, 0);
  EXPECT_EQ(none.resolution_unit, 1);
}

TEST_F(WrittenFile, RefusesWrongLabelTensors) {
  const fs::path path = at("x.tif");
  EXPECT_THAT(error_message([&] {
                write_label_map(path, torch::full({3, 3}, -1, torch::kInt32));
              }),
              HasSubstr("negative"));
  EXPECT_THAT(error_message([&] { write_label_map(path, torch::ones({3, 3})); }), HasSubstr("int32"));
  EXPECT_THAT(error_message([&] {
                write_label_map(path, torch::ones({1, 3, 3}, torch::kInt32));
              }),
              HasSubstr("labels"));
  EXPECT_THAT(error_message([&] {
                write_label_map(path, torch::ones({0, 3}, torch::kInt32));
              }),
              HasSubstr("no pixels"));
  write_text(at("file"), "x");
  EXPECT_THAT(error_message([&] {
                write_label_map(at("file") / "x.tif", torch::ones({3, 3}, torch::kInt32));
              }),
              HasSubstr("file"));
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(WrittenFile, GreyTiffRoundsAndClamps) {
  const torch::Tensor pixels = torch::tensor({{-3.0, 0.4, 0.6}, {254.7, 300.0, 70000.0}});
  write_grey_tiff(at("8.tif"), pixels, 8);
  EXPECT_TRUE(
      read_image(at("8.tif")).pixels[0].equal(torch::tensor({{0.f, 0.f, 1.f}, {255.f, 255.f, 255.f}})));
  write_grey_tiff(at("16.tif"), pixels, 16);
  const Image deep = read_image(at("16.tif"));
  EXPECT_EQ(deep.bit_depth, 16);
  EXPECT_TRUE(deep.pixels[0].equal(torch::tensor({{0.f, 0.f, 1.f}, {255.f, 300.f, 65535.f}})));
  EXPECT_THROW(write_grey_tiff(at("12.tif"), pixels, 12), Error);
}

TEST_F(WrittenFile, PngRoundTrip) {
  const torch::Tensor rgb = torch::randint(0, 256, {9, 7, 3}, torch::kUInt8);
  write_png(at("a.png"), rgb);
  write_text_atomically(at("b.png"), encode_png(rgb));
  for (const auto* name : {"a.png", "b.png"}) {
    EXPECT_TRUE(read_image(at(name)).pixels.equal(rgb.permute({2, 0, 1}).to(torch::kFloat32))) << name;
  }
  EXPECT_THROW(encode_png(rgb.to(torch::kFloat32)), Error);
  EXPECT_THROW(encode_png(rgb.permute({2, 0, 1})), Error);
}

}  // namespace
}  // namespace priorseg
