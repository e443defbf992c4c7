#include "priorseg/image/tiff_levels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/torch.h>

#include <array>

#include "priorseg/image/image_reader.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/test_tiff.h"

namespace priorseg {
namespace {

using namespace test;
using testing::HasSubstr;

/// A page of pixels that hold 1000 times their level, plus the column.
void write_level(TIFF* tiff, uint32_t side, int level) {
  Layout layout;
  layout.width = side;
  layout.height = side / 2;
  layout.tiled = true;
  write_page<uint16_t>(tiff, layout, [=](uint32_t x, uint32_t, int) {
    return static_cast<uint16_t>(1000 * level + static_cast<int>(x));
  });
}

class TiffPyramid : public testing::Test {
 protected:
  std::filesystem::path write(bool in_sub_directories) const {
    const auto path = folder_ / "pyramid.tif";
    TIFF* tiff = TIFFOpen(path.c_str(), "w");
    for (int level = 0; level < 3; ++level) {
      std::array<uint64_t, 2> below{};
      if (level == 0 && in_sub_directories) TIFFSetField(tiff, TIFFTAG_SUBIFD, 2, below.data());
      if (level > 0) TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
      if (level == 0) {
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 20000.0);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 20000.0);
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
      }
      write_level(tiff, 80u >> level, level);
      TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(TiffPyramid, LevelsAreFoundInSubDirectoriesAndInTheMainChain) {
  for (const bool in_sub_directories : {true, false}) {
    const auto file = write(in_sub_directories);
    for (const char* level : {"0", "1", "2", "1um"}) {
      PlaneChoice choice;
      choice.level = level;
      ImageReader reader(ImageInput(file).with_planes(choice));
      const int number = level == std::string("1um") ? 1 : level[0] - '0';
      EXPECT_EQ(reader.num_pictures(), 1);
      EXPECT_EQ(reader.info().width, 80 >> number);
      EXPECT_EQ(reader.info().place.x_scale, 1 << number);
      EXPECT_NEAR(reader.info().pixel_size.um_per_pixel_x(), 0.5 * (1 << number), 1e-6);
      EXPECT_EQ(reader.read_rows(2, 3)[0][0][5].item<float>(), 1000 * number + 5);
    }
    PlaneChoice choice;
    choice.level = "3";
    EXPECT_THAT(error_message([&] { ImageReader(ImageInput(file).with_planes(choice)); }),
                HasSubstr("there are levels 0 to 2"));
  }
}

TEST_F(TiffPyramid, BandsThatEndWithinTilesGiveTheSamePixels) {
  const auto file = write(false);
  ImageReader whole{ImageInput(file)}, bands{ImageInput(file)};
  const auto pixels = whole.read().pixels;
  for (int64_t first = 0; first < 40; first += 7) {
    const int64_t last = std::min<int64_t>(first + 7, 40);
    EXPECT_TRUE(torch::equal(bands.read_rows(first, last), pixels.slice(1, first, last))) << first;
  }
}

}  // namespace
}  // namespace priorseg
