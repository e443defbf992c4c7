// PNG, JPEG and BMP in all their forms, compared with what OpenCV reads.
#include "priorseg/image/picture_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <torch/torch.h>

#include <cstdio>
#include <opencv2/imgcodecs.hpp>

// clang-format off: needs <cstdio>.
#include <jpeglib.h>
// clang-format on

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace test;

constexpr int kHeight = 13, kWidth = 19;

/// Repeats itself neither along rows nor columns.
uint8_t noise(int position) { return static_cast<uint8_t>(position * 2654435761u >> 13); }

/// What OpenCV makes of the file, as [C,H,W]: transparency dropped, colours from blue first to red first.
torch::Tensor read_with_opencv(const fs::path& path, bool grey_alpha = false) {
  const cv::Mat picture = cv::imread(path.string(), cv::IMREAD_UNCHANGED);
  if (picture.empty()) return {};
  std::vector<cv::Mat> planes;
  cv::split(picture, planes);
  std::vector<torch::Tensor> channels;
  for (const int c : planes.size() < 3 || grey_alpha ? std::vector{0} : std::vector{2, 1, 0}) {
    planes[c].convertTo(planes[c], CV_32F);
    channels.push_back(torch::from_blob(planes[c].data, {picture.rows, picture.cols}).clone());
  }
  return torch::stack(channels);
}

class PictureFile : public testing::Test {
 protected:
  void expect_as_opencv(const std::string& what, double scale = 1, bool grey_alpha = false) const {
    const torch::Tensor expected = read_with_opencv(path_, grey_alpha);
    ASSERT_TRUE(expected.defined()) << what;
    const Image image = read_picture(path_);
    ASSERT_EQ(image.pixels.sizes(), expected.sizes()) << what;
    EXPECT_TRUE(image.pixels.equal(expected / scale)) << what;
  }

  const TemporaryFolder folder_;
  const fs::path path_ = folder_ / "picture";
};

struct PngForm {
  int bits, colour_type;
  bool transparent = false, interlaced = false, grey_palette = false;

  std::string name() const {
    return std::to_string(bits) + " bits, colour type " + std::to_string(colour_type) +
           (transparent ? ", tRNS" : "") + (interlaced ? ", interlaced" : "");
  }
};

void write_test_png(const fs::path& path, const PngForm& form) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  FILE* file = std::fopen(path.c_str(), "wb");
  png_init_io(png, file);
  png_set_IHDR(png, info, kWidth, kHeight, form.bits, form.colour_type,
               form.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_color palette[256];
  for (int i = 0; i < 256; ++i)
    palette[i] = form.grey_palette ? png_color{noise(i), noise(i), noise(i)}
                                   : png_color{noise(i), noise(i + 999), noise(i + 5000)};
  if (form.colour_type == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 1 << form.bits);
  png_byte alpha[2] = {0, 128};
  png_color_16 see_through{1, 1, 1, 1, 1};
  if (form.transparent) png_set_tRNS(png, info, alpha, 2, &see_through);
  png_set_gAMA(png, info, 0.7);  // to be ignored
  std::vector<std::vector<png_byte>> rows(kHeight, std::vector<png_byte>(kWidth * 8));
  std::vector<png_bytep> pointers;
  for (int y = 0; y < kHeight; ++y) {
    for (size_t i = 0; i < rows[y].size(); ++i) rows[y][i] = noise(1000 * y + static_cast<int>(i));
    pointers.push_back(rows[y].data());
  }
  png_set_rows(png, info, pointers.data());
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
}

TEST_F(PictureFile, ReadsEveryFormOfPngAsOpenCvDoes) {
  const std::pair<int, std::vector<int>> kinds[] = {{PNG_COLOR_TYPE_GRAY, {1, 2, 4, 8, 16}},
                                                    {PNG_COLOR_TYPE_RGB, {8, 16}},
                                                    {PNG_COLOR_TYPE_PALETTE, {1, 2, 4, 8}},
                                                    {PNG_COLOR_TYPE_GRAY_ALPHA, {8, 16}},
                                                    {PNG_COLOR_TYPE_RGB_ALPHA, {8, 16}}};
  for (const auto& [colour_type, depths] : kinds)
    for (const int bits : depths)
      for (const bool interlaced : {false, true})
        for (const bool transparent : {false, true}) {
          const bool has_alpha = (colour_type & PNG_COLOR_MASK_ALPHA) != 0;
          if (has_alpha && transparent) continue;
          const PngForm form{bits, colour_type, transparent, interlaced};
          write_test_png(path_, form);
          // OpenCV stretches grey of few bits to 0..255, and makes colours of grey with alpha.
          const double scale = colour_type == PNG_COLOR_TYPE_GRAY && bits < 8 ? 255.0 / ((1 << bits) - 1) : 1;
          expect_as_opencv(form.name(), scale, colour_type == PNG_COLOR_TYPE_GRAY_ALPHA);
          EXPECT_EQ(read_picture(path_).bit_depth, bits == 16 ? 16 : 8);
        }
}

TEST_F(PictureFile, GreyPaletteOfPngIsColours) {
  write_test_png(path_, {8, PNG_COLOR_TYPE_PALETTE, false, false, true});
  expect_as_opencv("grey palette");
  EXPECT_EQ(read_picture(path_).pixels.size(0), 3);
}

TEST_F(PictureFile, AnyDamagedByteOfPngIsFound) {
  write_test_png(path_, {8, PNG_COLOR_TYPE_RGB, false, true});
  const std::string bytes = read_text(path_);
  testing::internal::CaptureStderr();
  for (size_t i = 8; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x21);
    write_text(path_, damaged);
    EXPECT_THAT(error_message([&] { read_picture(path_); }), HasSubstr("picture: ")) << i;
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

struct JpegForm {
  J_COLOR_SPACE given, stored;
  int channels, sampling = 2;
  bool progressive = false, turned = false;
};

void write_test_jpeg(const fs::path& path, const JpegForm& form) {
  jpeg_compress_struct codec;
  jpeg_error_mgr errors;
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  FILE* file = std::fopen(path.c_str(), "wb");
  jpeg_stdio_dest(&codec, file);
  codec.image_width = kWidth;
  codec.image_height = kHeight;
  codec.input_components = form.channels;
  codec.in_color_space = form.given;
  jpeg_set_defaults(&codec);
  jpeg_set_colorspace(&codec, form.stored);
  codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = form.sampling;
  if (form.progressive) jpeg_simple_progression(&codec);
  jpeg_start_compress(&codec, TRUE);
  // Exif with one tag: the picture is to be shown turned by 90 degrees.
  const std::string turn("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0", 32);
  if (form.turned) jpeg_write_marker(&codec, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(turn.data()), 32);
  std::vector<JSAMPLE> row(kWidth * form.channels);
  while (codec.next_scanline < codec.image_height) {
    for (int i = 0; i < static_cast<int>(row.size()); ++i)
      row[i] = static_cast<JSAMPLE>(11 * i * (i % form.channels + 1) + 7 * codec.next_scanline);
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&codec, &pointer, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  std::fclose(file);
}

TEST_F(PictureFile, ReadsEveryFormOfJpegAsOpenCvDoes) {
  const JpegForm forms[] = {{JCS_GRAYSCALE, JCS_GRAYSCALE, 1}, {JCS_RGB, JCS_YCbCr, 3},
                            {JCS_RGB, JCS_RGB, 3, 1},          {JCS_CMYK, JCS_CMYK, 4, 1},
                            {JCS_CMYK, JCS_YCCK, 4},           {JCS_RGB, JCS_YCbCr, 3, 1}};
  for (JpegForm form : forms)
    for (const bool progressive : {false, true})
      for (const bool turned : {false, true}) {
        form.progressive = progressive;
        form.turned = turned;
        write_test_jpeg(path_, form);
        expect_as_opencv("color space " + std::to_string(form.stored) + (progressive ? ", progressive" : "") +
                         (turned ? ", turned" : ""));
      }
}

TEST_F(PictureFile, DamagedJpegPrintsNothing) {
  write_test_jpeg(path_, {JCS_RGB, JCS_YCbCr, 3});
  const std::string bytes = read_text(path_);
  testing::internal::CaptureStderr();
  int refused = 0;
  for (size_t i = 3; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    write_text(path_, damaged);
    refused += error_message([&] { read_picture(path_); }) != "no error";
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

struct BmpForm {
  int bits, compression = 0, listed_colours = 0;
  bool top_down = false, grey = false;
  std::vector<uint32_t> masks = {};  // red, green, blue, alpha
  int info_header = 40;

  std::string name() const {
    return std::to_string(bits) + " bits, compression " + std::to_string(compression) +
           (top_down ? ", top down" : "") + (grey ? ", grey" : "") + ", info header " +
           std::to_string(info_header);
  }
};

std::string test_bmp(const BmpForm& form) {
  std::string bytes = "BM";
  const auto append = [&](uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> 8 * i);
  };
  const int palette = form.bits > 8 ? 0 : form.listed_colours ? form.listed_colours : 1 << form.bits;
  const int masks_outside = form.info_header == 40 ? static_cast<int>(4 * form.masks.size()) : 0;
  const int first_row = 14 + form.info_header + masks_outside + 4 * palette;
  const int bytes_per_row = (kWidth * form.bits + 31) / 32 * 4;
  append(first_row + bytes_per_row * kHeight, 4);
  append(0, 4);
  append(first_row, 4);
  append(form.info_header, 4);
  append(kWidth, 4);
  append(form.top_down ? -kHeight : kHeight, 4);
  append(1, 2);
  append(form.bits, 2);
  for (const int value : {form.compression, 0, 2835, 2835, form.listed_colours, 0}) append(value, 4);
  for (const uint32_t mask : form.masks) append(mask, 4);
  while (static_cast<int>(bytes.size()) < 14 + form.info_header) append(0, 1);
  for (int i = 0; i < palette; ++i)
    append(form.grey ? noise(i) * 0x10101u : noise(i) | noise(i + 300) << 8 | noise(i + 700) << 16, 4);
  for (int i = 0; i < bytes_per_row * kHeight; ++i) append(noise(i), 1);
  return bytes;
}

TEST_F(PictureFile, ReadsEveryFormOfBmpAsOpenCvDoes) {
  std::vector<BmpForm> forms;
  for (const bool top_down : {false, true}) {
    for (const int bits : {1, 4, 8})
      for (const bool grey : {false, true}) forms.push_back({bits, 0, 0, top_down, grey, {}});
    forms.push_back({8, 0, 100, top_down, false, {}});
    forms.push_back({8, 0, 100, top_down, true, {}});
    for (const int bits : {16, 24, 32}) forms.push_back({bits, 0, 0, top_down, false, {}});
    forms.push_back({16, 3, 0, top_down, false, {0xf800, 0x07e0, 0x001f}});
    forms.push_back({16, 3, 0, top_down, false, {0x7c00, 0x03e0, 0x001f}});
    forms.push_back({32, 3, 0, top_down, false, {0xff0000, 0xff00, 0xff}});
    forms.push_back({32, 3, 0, top_down, false, {0xff0000, 0xff00, 0xff, 0xff000000}, 124});
    forms.push_back({32, 3, 0, top_down, false, {0xff, 0xff00, 0xff0000, 0xff000000}, 108});
  }
  for (const auto& form : forms) {
    write_text(path_, test_bmp(form));
    expect_as_opencv(form.name());
  }
}

TEST_F(PictureFile, RefusesBmpThatIsNoneInOneLine) {
  const BmpForm forms[] = {{8, 1},
                           {4, 2},
                           {0},
                           {3},
                           {32, 3, 0, false, false, {0x3ff00000, 0xffc00, 0x3ff}},
                           {16, 3, 0, false, false, {0xf800, 0, 0x1f}},
                           {8, 0, 100000},
                           {24, 4}};
  for (const auto& form : forms) {
    std::string bytes = test_bmp({24});
    const std::string header = form.listed_colours > 256 ? test_bmp({8}) : test_bmp(form);
    bytes.replace(0, 66, header.substr(0, 66));
    if (form.listed_colours > 256) bytes.replace(46, 4, "\xff\xff\xff\x7f", 4);
    write_text(path_, bytes);
    EXPECT_THAT(error_message([&] { read_picture(path_); }), HasSubstr("picture: ")) << form.name();
  }
}

}  // namespace
}  // namespace priorseg
