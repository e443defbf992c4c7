// Reading and writing in pieces gives what reading and writing whole files gives.
#include "priorseg/image/image_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/torch.h>

#include "priorseg/image/image_source.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_tiff.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace test;

class ImageReaderFile : public testing::Test {
 protected:
  fs::path path() const { return folder_ / "image.tif"; }

  /// Rows in pieces of several heights from top to bottom, then from bottom to top.
  void expect_same_as_whole(const std::string& what) const {
    const auto whole = read_image(path()).pixels;
    ImageReader reader(path());
    ASSERT_EQ(reader.info().height, whole.size(1));
    ASSERT_EQ(reader.info().channels, whole.size(0)) << what;
    for (const int64_t step : {1, 4, 7, 16, 21}) {
      for (int64_t first = 0; first < 21; first += step) {
        const int64_t last = std::min<int64_t>(21, first + step);
        ASSERT_TRUE(reader.read_rows(first, last).equal(whole.slice(1, first, last))) << what << first;
      }
    }
    for (int64_t row = 20; row >= 0; --row)
      ASSERT_TRUE(reader.read_rows(row, row + 1).equal(whole.slice(1, row, row + 1))) << what << row;
  }

  TemporaryFolder folder_;
};

TEST_F(ImageReaderFile, RowsAreThoseOfTheWholeImageInEveryLayout) {
  for (const uint16_t samples : {1, 3})
    for (const uint16_t planar : {PLANARCONFIG_CONTIG, PLANARCONFIG_SEPARATE})
      for (const bool tiled : {false, true})
        for (const uint16_t compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE})
          for (const char* mode : {"wl", "wb"}) {
            Layout layout;
            layout.samples = samples;
            layout.planar = planar;
            layout.tiled = tiled;
            layout.compression = compression;
            layout.mode = mode;
            if (samples == 3) layout.photometric = PHOTOMETRIC_RGB;
            write_test_tiff<uint16_t>(path(), layout, [](uint32_t x, uint32_t y, int c) {
              return static_cast<uint16_t>(x * 7919u + y * 104729u + static_cast<uint32_t>(c) * 31u);
            });
            expect_same_as_whole(std::to_string(samples) + mode + (tiled ? " tiles " : " strips ") +
                                 std::to_string(compression) + " planar " + std::to_string(planar) + " row ");
          }
}

TEST_F(ImageReaderFile, ExpandsPalettes) {
  Layout layout;
  layout.photometric = PHOTOMETRIC_PALETTE;
  layout.palette.resize(3 * 256);
  for (size_t i = 0; i < layout.palette.size(); ++i) layout.palette[i] = static_cast<uint16_t>(i * 83);
  write_test_tiff<uint8_t>(path(), layout,
                           [](uint32_t x, uint32_t y, int) { return static_cast<uint8_t>(x * y); });
  expect_same_as_whole("palette");
  EXPECT_EQ(ImageReader(path()).info().channels, 3);
}

TEST_F(ImageReaderFile, ReadsPicturesToo) {
  const auto rgb = (torch::rand({21, 9, 3}) * 255).to(torch::kUInt8);
  write_png(folder_ / "picture.png", rgb);
  ImageReader reader(folder_ / "picture.png");
  EXPECT_TRUE(reader.read_rows(5, 8).equal(rgb.permute({2, 0, 1}).slice(1, 5, 8).to(torch::kFloat32)));
  EXPECT_EQ(reader.info().quantum, 1);
}

TEST_F(ImageReaderFile, IsASourceOfTheImageThatItReads) {
  write_test_tiff<uint16_t>(path(), Layout{}, [](uint32_t x, uint32_t y, int) { return uint16_t(x * y); });
  ImageReader reader(path());
  const Image whole = reader.read();
  const ImageSource source = reader.source();
  EXPECT_EQ(whole.height, reader.info().height);
  EXPECT_EQ(source.width, whole.width);
  EXPECT_TRUE(source.read(3, 9).equal(whole.pixels.slice(1, 3, 9)));
}

TEST_F(ImageReaderFile, RefusesRowsThatAreNotThere) {
  write_test_tiff<uint8_t>(path(), Layout{}, [](uint32_t, uint32_t, int) { return uint8_t{1}; });
  ImageReader reader(path());
  for (const auto& [first, last] : {std::pair<int64_t, int64_t>{-1, 3}, {3, 3}, {20, 22}})
    EXPECT_THAT(error_message([&, a = first, b = last] { reader.read_rows(a, b); }), HasSubstr("21 rows"));
}

TEST_F(ImageReaderFile, TellsTheRowFromWhichAFileIsCutShort) {
  write_test_tiff<uint16_t>(path(), Layout{}, [](uint32_t, uint32_t, int) { return uint16_t{1}; });
  fs::resize_file(path(), 8 + 37 * 2 * 10);
  // The directory of this file lies at its end: it is not even opened.
  EXPECT_THAT(error_message([&] { ImageReader{path()}; }), HasSubstr("image.tif"));
}

TEST(RollingRows, ReadsEveryRowOnceAndHoldsWhatIsNotForgotten) {
  const auto pixels = torch::rand({3, 40, 5});
  int64_t next = 0;
  const ImageSource source(Image(pixels, 0), [&](int64_t first, int64_t last) {
    EXPECT_EQ(first, next);
    next = last;
    return pixels.slice(1, first, last);
  });
  RollingRows rows(source);
  EXPECT_TRUE(rows.rows({0, 12}).equal(pixels.slice(1, 0, 12)));
  rows.forget(7);
  EXPECT_TRUE(rows.rows({7, 30}).equal(pixels.slice(1, 7, 30)));
  EXPECT_TRUE(rows.rows({9, 10}).equal(pixels.slice(1, 9, 10)));
  EXPECT_THAT(error_message([&] { rows.rows({6, 8}); }), HasSubstr("row 6 was given up"));
  rows.forget(30);
  EXPECT_TRUE(rows.rows({30, 40}).equal(pixels.slice(1, 30, 40)));
}

TEST(RollingRows, HandOutWindowsOfWhatTheyHold) {
  const auto pixels = torch::rand({3, 40, 5});
  const ImageSource source{Image(pixels, 0)};
  RollingRows rows(source, 6);
  EXPECT_THAT(error_message([&] { rows.window(0, {{6, 8}, {0, 5}}); }), HasSubstr("row 7 was not read"));
  rows.read_to(30);
  rows.forget(9);
  EXPECT_TRUE(rows.window(2, {{9, 30}, {1, 4}}).equal(pixels[2].slice(0, 9, 30).slice(1, 1, 4)));
  EXPECT_THAT(error_message([&] { rows.window(2, {{8, 30}, {1, 4}}); }), HasSubstr("row 8 was given up"));
}

class WrittenLabelMap : public ImageReaderFile {};

TEST_F(WrittenLabelMap, InPiecesIsTheSameFile) {
  const auto labels = torch::randint(0, 900, {33, 50}, torch::kInt32);
  write_label_map(folder_ / "whole.tif", labels);
  LabelMapWriter writer(path(), 33, 50, 900);
  for (int64_t first = 0; first < 33; first += 8)
    writer.append(labels.slice(0, first, std::min<int64_t>(33, first + 8)));
  EXPECT_FALSE(fs::exists(path()));  // not before it is whole
  writer.finish();
  EXPECT_TRUE(read_label_map(path()).equal(labels));
  EXPECT_EQ(fs::file_size(path()), fs::file_size(folder_ / "whole.tif"));
}

TEST_F(WrittenLabelMap, HoldsAnyLabelWhereItsNumberIsNotKnownBefore) {
  LabelMapWriter writer(path(), 2, 3, 2147483647);
  writer.append(torch::full({2, 3}, 2147483647, torch::kInt32));
  writer.finish();
  EXPECT_EQ(read_label_map(path()).min().item<int32_t>(), 2147483647);
}

TEST_F(WrittenLabelMap, LeavesNothingBehindWhereItIsNotFinished) {
  {
    LabelMapWriter writer(path(), 4, 3, 10);
    writer.append(torch::ones({2, 3}, torch::kInt32));
    EXPECT_THAT(error_message([&] {
                  writer.append(torch::full({1, 3}, 11, torch::kInt32));
                }),
                HasSubstr("labels above 10"));
    EXPECT_THAT(error_message([&] {
                  writer.append(torch::full({1, 3}, -1, torch::kInt32));
                }),
                HasSubstr("negative labels"));
    EXPECT_THAT(error_message([&] {
                  writer.append(torch::ones({3, 3}, torch::kInt32));
                }),
                HasSubstr("more rows"));
    EXPECT_THAT(error_message([&] { writer.finish(); }), HasSubstr("2 rows are missing"));
  }
  EXPECT_THAT(folder_.files(), ElementsAre());
}

}  // namespace
}  // namespace priorseg
