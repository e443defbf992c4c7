#pragma once

#include <gtest/gtest.h>
#include <tiffio.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

namespace priorseg::test {

/// How a test TIFF is laid out.
struct Layout {
  uint32_t width = 37, height = 21;
  uint16_t samples = 1, format = SAMPLEFORMAT_UINT, planar = PLANARCONFIG_CONTIG,
           compression = COMPRESSION_NONE;
  uint16_t photometric = PHOTOMETRIC_MINISBLACK;
  bool tiled = false;
  bool alpha = false;
  const char* mode = "w";
  std::string description;
  std::vector<uint16_t> palette;  // red, green, blue tables one after the other
};

template <class Sample>
using SampleAt = std::function<Sample(uint32_t x, uint32_t y, int c)>;

template <class Sample>
void set_tags(TIFF* tiff, const Layout& layout) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, layout.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, layout.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * sizeof(Sample)));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, layout.samples);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, layout.format);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, layout.planar);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, layout.photometric);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, layout.compression);
  if (!layout.description.empty()) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, layout.description.c_str());
  if (!layout.palette.empty()) {
    const size_t size = layout.palette.size() / 3;
    TIFFSetField(tiff, TIFFTAG_COLORMAP, layout.palette.data(), layout.palette.data() + size,
                 layout.palette.data() + 2 * size);
  }
  if (layout.alpha) {
    const uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
}

template <class Sample>
void write_page(TIFF* tiff, const Layout& layout, const SampleAt<Sample>& value) {
  set_tags<Sample>(tiff, layout);
  const bool separate = layout.planar == PLANARCONFIG_SEPARATE;
  const uint32_t tile = 16, step_x = layout.tiled ? tile : layout.width, step_y = layout.tiled ? tile : 1;
  if (layout.tiled) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 5);
  }
  for (uint16_t plane = 0; plane < (separate ? layout.samples : 1); ++plane)
    for (uint32_t y0 = 0; y0 < layout.height; y0 += step_y)
      for (uint32_t x0 = 0; x0 < layout.width; x0 += step_x) {
        std::vector<Sample> block;
        for (uint32_t y = y0; y < y0 + step_y; ++y)
          for (uint32_t x = x0; x < x0 + step_x; ++x)
            for (int c = 0; c < (separate ? 1 : layout.samples); ++c) block.push_back(value(x, y, plane + c));
        if (layout.tiled)
          ASSERT_GT(TIFFWriteTile(tiff, block.data(), x0, y0, 0, plane), 0);
        else
          ASSERT_EQ(TIFFWriteScanline(tiff, block.data(), y0, plane), 1);
      }
}

template <class Sample>
void write_test_tiff(const std::filesystem::path& path, const Layout& layout, const SampleAt<Sample>& value) {
  TIFF* tiff = TIFFOpen(path.c_str(), layout.mode);
  ASSERT_NE(tiff, nullptr);
  write_page<Sample>(tiff, layout, value);
  TIFFClose(tiff);
}

}  // namespace priorseg::test
