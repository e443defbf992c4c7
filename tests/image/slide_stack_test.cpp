#include "priorseg/image/slide_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/torch.h>

#include <fstream>

#include "priorseg/image/image_reader.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_tiff.h"

namespace priorseg {
namespace {

using namespace test;
using testing::HasSubstr;

uint8_t slide_value(int level, uint32_t x, uint32_t y, int c) {
  return static_cast<uint8_t>(60 * c + 30 * level + (x * 3 + y * 7) % 29);
}

/// A tiled colour pyramid as OpenSlide reads it from any scanner's maker, under a slide's name.
std::filesystem::path write_slide(const TemporaryFolder& folder) {
  const auto path = folder / "slide.svs";
  TIFF* tiff = TIFFOpen(path.c_str(), "w");
  for (int level = 0; level < 2; ++level) {
    Layout layout;
    layout.width = 96u >> level;
    layout.height = 64u >> level;
    layout.samples = 3;
    layout.photometric = PHOTOMETRIC_RGB;
    layout.tiled = true;
    layout.compression = COMPRESSION_ADOBE_DEFLATE;
    if (level > 0) TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 40000.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 40000.0);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
    write_page<uint8_t>(tiff, layout,
                        [=](uint32_t x, uint32_t y, int c) { return slide_value(level, x, y, c); });
    TIFFWriteDirectory(tiff);
  }
  TIFFClose(tiff);
  return path;
}

TEST(SlideStack, ReadsEachLevelToThePixel) {
  const TemporaryFolder folder;
  const auto file = write_slide(folder);
  for (int level = 0; level < 2; ++level) {
    PlaneChoice choice;
    choice.level = std::to_string(level);
    ImageReader reader(ImageInput(file).with_planes(choice));
    ASSERT_EQ(reader.info().width, 96 >> level);
    EXPECT_TRUE(reader.structure().colour);
    EXPECT_NEAR(reader.info().pixel_size.um_per_pixel_x(), 0.25 * (1 << level), 1e-3);
    for (int64_t first = 0; first < reader.info().height; first += 9) {
      const int64_t last = std::min(first + 9, reader.info().height);
      const auto rows = reader.read_rows(first, last);
      for (int64_t c = 0; c < 3; ++c)
        for (int64_t y = first; y < last; ++y)
          for (int64_t x = 0; x < reader.info().width; ++x)
            ASSERT_EQ(
                rows[c][y - first][x].item<float>(),
                slide_value(level, static_cast<uint32_t>(x), static_cast<uint32_t>(y), static_cast<int>(c)));
    }
  }
}

TEST(SlideStack, ReadsARegion) {
  const TemporaryFolder folder;
  PlaneChoice choice;
  choice.region = "40,20,30,10";
  choice.channel = "2";
  ImageReader reader(ImageInput(write_slide(folder)).with_planes(choice));
  EXPECT_EQ(reader.read().pixels[0][3][4].item<float>(), slide_value(0, 44, 23, 1));
}

TEST(SlideStack, NamesAFileThatIsNoSlide) {
  const TemporaryFolder folder;
  std::ofstream(folder / "a.ndpi") << "no slide";
  EXPECT_THAT(error_message([&] { ImageReader(ImageInput(folder / "a.ndpi")); }),
              HasSubstr("does not know it as a whole slide"));
}

}  // namespace
}  // namespace priorseg
