#include "priorseg/image/image_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <opencv2/imgcodecs.hpp>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_data.h"
#include "support/test_tiff.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace test;

class ImageFile : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_ / name; }

  TemporaryFolder folder_;
};

/// Runs over the range of the type, and differs from pixel to pixel and from channel to channel.
template <class Sample>
Sample ramp(uint32_t x, uint32_t y, int c) {
  if constexpr (std::is_floating_point_v<Sample>)
    return static_cast<Sample>(0.25 * x - 1.5 * y + 100 * c);
  else
    return static_cast<Sample>(static_cast<uint64_t>(x * 7919u + y * 104729u + c * 31u) *
                               (sizeof(Sample) == 4 ? 128 : 1));  // a multiple of 128: exact in float32
}

/// Every layout of one sample type comes back as it was written.
template <class Sample>
void expect_round_trips(const fs::path& path, uint16_t format) {
  for (const uint16_t samples : {1, 3})
    for (const uint16_t planar : {PLANARCONFIG_CONTIG, PLANARCONFIG_SEPARATE})
      for (const bool tiled : {false, true})
        for (const uint16_t compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE})
          for (const char* mode : {"wl", "wb", "w8"}) {
            Layout layout;
            layout.samples = samples;
            layout.format = format;
            layout.planar = planar;
            layout.compression = compression;
            layout.tiled = tiled;
            layout.mode = mode;
            if (samples == 3) layout.photometric = PHOTOMETRIC_RGB;
            write_test_tiff<Sample>(path, layout, ramp<Sample>);
            const Image image = read_image(path);
            ASSERT_EQ(image.pixels.sizes(), (std::vector<int64_t>{samples, layout.height, layout.width}));
            EXPECT_EQ(image.bit_depth, std::min<int>(32, 8 * sizeof(Sample)));
            EXPECT_EQ(image.is_float(), std::is_floating_point_v<Sample>);
            const auto pixels = image.pixels.accessor<float, 3>();
            for (int c = 0; c < samples; ++c)
              for (uint32_t y = 0; y < layout.height; ++y)
                for (uint32_t x = 0; x < layout.width; ++x)
                  ASSERT_EQ(pixels[c][y][x], static_cast<float>(ramp<Sample>(x, y, c)))
                      << "c " << c << " y " << y << " x " << x << " mode " << mode << " tiled " << tiled
                      << " planar " << planar << " compression " << compression;
          }
}

TEST_F(ImageFile, ReadsEveryIntegerTiffLayout) {
  expect_round_trips<uint8_t>(at("a.tif"), SAMPLEFORMAT_UINT);
  expect_round_trips<int8_t>(at("a.tif"), SAMPLEFORMAT_INT);
  expect_round_trips<uint16_t>(at("a.tif"), SAMPLEFORMAT_UINT);
  expect_round_trips<int16_t>(at("a.tif"), SAMPLEFORMAT_INT);
  expect_round_trips<uint32_t>(at("a.tif"), SAMPLEFORMAT_UINT);
  expect_round_trips<int32_t>(at("a.tif"), SAMPLEFORMAT_INT);
}

TEST_F(ImageFile, ReadsEveryFloatTiffLayout) {
  expect_round_trips<float>(at("a.tif"), SAMPLEFORMAT_IEEEFP);
  expect_round_trips<double>(at("a.tif"), SAMPLEFORMAT_IEEEFP);
}

TEST_F(ImageFile, ReadsHalfFloats) {
  Layout layout;
  layout.format = SAMPLEFORMAT_IEEEFP;
  write_test_tiff<uint16_t>(at("half.tif"), layout,
                            [](uint32_t x, uint32_t, int) { return x == 3 ? 0x3c00 : 0xc000; });
  const Image image = read_image(at("half.tif"));
  EXPECT_EQ(image.pixels[0][0][3].item<float>(), 1.0f);
  EXPECT_EQ(image.pixels[0][5][4].item<float>(), -2.0f);
  EXPECT_TRUE(image.is_float());
}

TEST_F(ImageFile, SetsNonFinitePixelsToNaN) {
  Layout layout;
  layout.format = SAMPLEFORMAT_IEEEFP;
  write_test_tiff<double>(at("nan.tif"), layout, [](uint32_t x, uint32_t, int) {
    return x == 0 ? std::nan("") : x == 1 ? std::numeric_limits<double>::infinity() : x == 2 ? 1e300 : 4.0;
  });
  const torch::Tensor row = read_image(at("nan.tif")).pixels[0][0];
  for (int x = 0; x < 3; ++x) EXPECT_TRUE(std::isnan(row[x].item<float>()));
  EXPECT_EQ(row[3].item<float>(), 4.0f);
}

TEST_F(ImageFile, DropsAlphaOfTiff) {
  for (const uint16_t samples : {2, 4}) {
    Layout layout;
    layout.samples = samples;
    layout.alpha = true;
    if (samples == 4) layout.photometric = PHOTOMETRIC_RGB;
    write_test_tiff<uint8_t>(at("alpha.tif"), layout, ramp<uint8_t>);
    const Image image = read_image(at("alpha.tif"));
    ASSERT_EQ(image.pixels.size(0), samples - 1);
    EXPECT_EQ(image.pixels[samples - 2][3][4].item<float>(), ramp<uint8_t>(4, 3, samples - 2));
  }
}

/// Writes samples of any number of bits, highest bit first.
void write_packed(const fs::path& path, int bits, uint16_t photometric, const SampleAt<uint32_t>& value) {
  TIFF* tiff = TIFFOpen(path.c_str(), "w");
  Layout layout;
  layout.photometric = photometric;
  set_tags<uint8_t>(tiff, layout);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 4);
  for (uint32_t y = 0; y < layout.height; ++y) {
    std::vector<uint8_t> row((layout.width * static_cast<uint32_t>(bits) + 7) / 8);
    for (uint32_t bit = 0; bit < layout.width * static_cast<uint32_t>(bits); ++bit) {
      const uint32_t x = bit / static_cast<uint32_t>(bits), place = bit % static_cast<uint32_t>(bits);
      const bool is_set = value(x, y, 0) >> (static_cast<uint32_t>(bits) - 1 - place) & 1;
      if (is_set) row[bit / 8] = static_cast<uint8_t>(row[bit / 8] | 0x80 >> bit % 8);
    }
    ASSERT_EQ(TIFFWriteScanline(tiff, row.data(), y, 0), 1);
  }
  TIFFClose(tiff);
}

TEST_F(ImageFile, ReadsPackedSamplesOfAnyNumberOfBits) {
  for (const int bits : {1, 2, 3, 4, 7, 10, 12, 14, 15}) {
    const uint32_t most = (1u << bits) - 1;
    const SampleAt<uint32_t> value = [most](uint32_t x, uint32_t y, int) { return (x * 37 + y * 11) & most; };
    write_packed(at("bits.tif"), bits, PHOTOMETRIC_MINISBLACK, value);
    const auto pixels = read_image(at("bits.tif")).pixels;
    for (const uint32_t x : {0u, 1u, 2u, 17u, 36u})
      EXPECT_EQ(pixels[0][13][x].item<float>(), static_cast<float>(value(x, 13, 0))) << bits << " " << x;
    EXPECT_EQ(read_label_map(at("bits.tif"))[13][36].item<int>(), static_cast<int>(value(36, 13, 0)));
  }
}

TEST_F(ImageFile, ReadsIntegersOf64Bits) {
  Layout layout;
  layout.format = SAMPLEFORMAT_INT;
  write_test_tiff<int64_t>(at("i64.tif"), layout, [](uint32_t x, uint32_t, int) { return int64_t{x} - 3; });
  EXPECT_EQ(read_image(at("i64.tif")).pixels[0][0][0].item<float>(), -3);
}

TEST_F(ImageFile, TurnsValuesRoundWhereWhiteIsZero) {
  Layout layout;
  layout.photometric = PHOTOMETRIC_MINISWHITE;
  write_test_tiff<uint8_t>(at("white.tif"), layout, ramp<uint8_t>);
  EXPECT_EQ(read_image(at("white.tif")).pixels[0][2][3].item<float>(), 255 - ramp<uint8_t>(3, 2, 0));
  write_test_tiff<uint16_t>(at("white.tif"), layout, ramp<uint16_t>);
  EXPECT_EQ(read_image(at("white.tif")).pixels[0][2][3].item<float>(), 65535 - ramp<uint16_t>(3, 2, 0));
  EXPECT_EQ(read_label_map(at("white.tif"))[2][3].item<int>(),
            ramp<uint16_t>(3, 2, 0));  // numbers, no colours
  write_packed(at("white.tif"), 12, PHOTOMETRIC_MINISWHITE, [](uint32_t, uint32_t, int) { return 95u; });
  EXPECT_EQ(read_image(at("white.tif")).pixels[0][2][3].item<float>(), 4000);
}

TEST_F(ImageFile, ExpandsPaletteButKeepsIntensitiesOfImageJ) {
  Layout layout;
  layout.photometric = PHOTOMETRIC_PALETTE;
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 256; ++i)
      layout.palette.push_back(static_cast<uint16_t>((c == 0 ? 255 - i : i / (c + 1)) << 8));
  const SampleAt<uint8_t> value = [](uint32_t x, uint32_t, int) { return static_cast<uint8_t>(x + 50); };
  write_test_tiff<uint8_t>(at("palette.tif"), layout, value);
  const torch::Tensor colours = read_image(at("palette.tif")).pixels;
  ASSERT_EQ(colours.size(0), 3);
  EXPECT_EQ(colours[0][0][10].item<float>(), 255 - 60);
  EXPECT_EQ(colours[1][0][10].item<float>(), 30);
  EXPECT_EQ(colours[2][0][10].item<float>(), 20);
  EXPECT_EQ(read_label_map(at("palette.tif"))[0][10].item<int>(), 60);

  layout.description = "ImageJ=1.53t\nunit=micron\n";
  write_test_tiff<uint8_t>(at("imagej.tif"), layout, value);
  const torch::Tensor grey = read_image(at("imagej.tif")).pixels;
  ASSERT_EQ(grey.size(0), 1);
  EXPECT_EQ(grey[0][0][10].item<float>(), 60);
}

TEST_F(ImageFile, ReadsJpegInsideTiffAsRgb) {
  const fs::path path = at("jpeg.tif");
  TIFF* tiff = TIFFOpen(path.c_str(), "w");
  Layout layout;
  layout.samples = 3;
  layout.compression = COMPRESSION_JPEG;
  layout.photometric = PHOTOMETRIC_YCBCR;
  set_tags<uint8_t>(tiff, layout);
  TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 32);
  std::vector<uint8_t> row;
  for (int x = 0; x < 37; ++x) row.insert(row.end(), {200, 100, 50});
  for (uint32_t y = 0; y < 21; ++y) ASSERT_EQ(TIFFWriteScanline(tiff, row.data(), y, 0), 1);
  TIFFClose(tiff);
  const torch::Tensor pixels = read_image(path).pixels;
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(pixels[c][20][36].item<float>(), row[c], 4);
}

TEST_F(ImageFile, ReadsPngJpegAndBmp) {
  cv::Mat colour(21, 37, CV_8UC3), deep(21, 37, CV_16U);
  for (int y = 0; y < 21; ++y)
    for (int x = 0; x < 37; ++x) {
      colour.at<cv::Vec3b>(y, x) = {static_cast<uchar>(3 * x), static_cast<uchar>(5 * y),
                                    77};  // blue, green, red
      deep.at<uint16_t>(y, x) = static_cast<uint16_t>(1700 * x + y);
    }
  for (const char* name : {"c.png", "c.bmp", "c.jpg"}) {
    ASSERT_TRUE(cv::imwrite(at(name).string(), colour, {cv::IMWRITE_JPEG_QUALITY, 100}));
    const Image image = read_image(at(name));
    ASSERT_EQ(image.pixels.sizes(), (std::vector<int64_t>{3, 21, 37}));
    const double tolerance = std::string(name) == "c.jpg" ? 8 : 0;
    EXPECT_NEAR(image.pixels[0][10][20].item<float>(), 77, tolerance);
    EXPECT_NEAR(image.pixels[1][10][20].item<float>(), 50, tolerance);
    EXPECT_NEAR(image.pixels[2][10][20].item<float>(), 60, tolerance);
    EXPECT_EQ(image.bit_depth, 8);
  }
  ASSERT_TRUE(cv::imwrite(at("deep.png").string(), deep));
  const Image image = read_image(at("deep.png"));
  EXPECT_EQ(image.bit_depth, 16);
  EXPECT_EQ(image.pixels[0][20][36].item<float>(), 1700 * 36 + 20);
  EXPECT_EQ(read_label_map(at("deep.png"))[20][36].item<int>(), 1700 * 36 + 20);
  EXPECT_THAT(error_message([&] { read_label_map(at("c.png")); }), HasSubstr("colour"));
  EXPECT_THAT(error_message([&] { read_label_map(at("c.jpg")); }), HasSubstr("JPEG"));
}

TEST_F(ImageFile, DropsAlphaOfPng) {
  ASSERT_TRUE(cv::imwrite(at("a.png").string(), cv::Mat(5, 6, CV_8UC4, cv::Scalar(10, 20, 30, 128))));
  const torch::Tensor pixels = read_image(at("a.png")).pixels;
  ASSERT_EQ(pixels.sizes(), (std::vector<int64_t>{3, 5, 6}));
  EXPECT_EQ(pixels[0][0][0].item<float>(), 30);
}

TEST_F(ImageFile, UndoesStretchingOfOneBitPng) {
  cv::Mat mask(9, 13, CV_8U, cv::Scalar(0));
  mask.at<uchar>(4, 5) = 255;
  ASSERT_TRUE(cv::imwrite(at("bits.png").string(), mask, {cv::IMWRITE_PNG_BILEVEL, 1}));
  const torch::Tensor pixels = read_image(at("bits.png")).pixels;
  EXPECT_EQ(pixels.sum().item<float>(), 1);
  EXPECT_EQ(pixels[0][4][5].item<float>(), 1);
}

TEST_F(ImageFile, TrustsContentMoreThanName) {
  write_grey_tiff(at("really_tiff.png"), torch::full({4, 5}, 9.0), 8);
  EXPECT_EQ(read_image(at("really_tiff.png")).pixels.sum().item<float>(), 180);
}

TEST_F(ImageFile, NamesBrokenFilesAndPrintsNothing) {
  cv::Mat noise(60, 70, CV_8UC3);
  cv::randu(noise, 0, 256);
  for (const char* name : {"whole.png", "whole.jpg", "whole.bmp"})
    ASSERT_TRUE(cv::imwrite(at(name).string(), noise));
  for (const auto& [name, compression] : {std::pair{"whole.tif", COMPRESSION_NONE},
                                          {"lzw.tif", COMPRESSION_LZW},
                                          {"deflate.tif", COMPRESSION_ADOBE_DEFLATE}}) {
    Layout layout;
    layout.compression = static_cast<uint16_t>(compression);
    layout.width = layout.height = 64;
    write_test_tiff<uint16_t>(at(name), layout, ramp<uint16_t>);
  }
  testing::internal::CaptureStderr();
  for (const char* name : {"whole.png", "whole.jpg", "whole.bmp", "whole.tif", "lzw.tif", "deflate.tif"}) {
    const std::string bytes = read_text(at(name));
    for (const double share : {0.02, 0.5, 0.9, 0.99}) {
      const fs::path cut = at(std::string("cut_") + name);
      write_text(cut, bytes.substr(0, static_cast<size_t>(share * static_cast<double>(bytes.size()))));
      EXPECT_THAT(error_message([&] { read_image(cut); }), HasSubstr(cut.filename().string())) << share;
    }
  }
  write_text(at("empty.tif"), "");
  write_text(at("text.tif"), "hello, I am no picture");
  write_text(at("start.tif"), std::string("II*\0", 4));
  write_text(at("rubbish.tif"),
             std::string("II*\0\x08\0\0\0\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09", 19));
  EXPECT_THAT(error_message([&] { read_image(at("empty.tif")); }), HasSubstr("empty.tif: the file is empty"));
  EXPECT_THAT(error_message([&] { read_image(at("text.tif")); }), HasSubstr("text.tif: it is no image"));
  EXPECT_THAT(error_message([&] { read_image(at("start.tif")); }), HasSubstr("start.tif"));
  EXPECT_THAT(error_message([&] { read_image(at("rubbish.tif")); }), HasSubstr("rubbish.tif"));
  EXPECT_THAT(error_message([&] { read_image(at("missing.tif")); }), HasSubstr("no such file"));
  EXPECT_THAT(error_message([&] { read_image(folder_.path()); }), HasSubstr("no file"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(ImageFile, SurvivesDamagedBytes) {
  Layout layout;
  layout.compression = COMPRESSION_LZW;
  layout.tiled = true;
  write_test_tiff<uint16_t>(at("tiled.tif"), layout, ramp<uint16_t>);
  layout.tiled = false;
  layout.samples = 3;
  layout.photometric = PHOTOMETRIC_RGB;
  write_test_tiff<uint8_t>(at("strips.tif"), layout, ramp<uint8_t>);
  testing::internal::CaptureStderr();
  int refused = 0;
  for (const char* name : {"tiled.tif", "strips.tif"}) {
    const std::string bytes = read_text(at(name));
    for (size_t i = 4; i < bytes.size(); i += bytes.size() / 300 + 1) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      write_text(at("damaged.tif"), damaged);
      try {
        read_image(at("damaged.tif"));
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(ImageFile, AgreesWithOpenCvOnRealImages) {
  const fs::path data = test::test_data();
  if (data.empty()) GTEST_SKIP() << "no real images: set PRIORSEG_TEST_DATA";
  int read = 0;
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    const auto extension = entry.path().extension();
    if (extension != ".tif" && extension != ".png") continue;
    if (++read % 8 != 0) continue;
    const cv::Mat expected = cv::imread(entry.path().string(), cv::IMREAD_UNCHANGED);
    if (expected.empty() || expected.channels() != 1) continue;
    cv::Mat floats;
    expected.convertTo(floats, CV_32F);
    const torch::Tensor reference = torch::from_blob(floats.data, {expected.rows, expected.cols});
    ASSERT_TRUE(read_image(entry.path()).pixels[0].equal(reference)) << entry.path();
    if (read > 400) break;
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace priorseg
