#include "priorseg/image/bmp_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "priorseg/image/byte_order.h"

namespace priorseg {
namespace {

constexpr size_t kInfoHeader = 14;  // after the file header
constexpr size_t kMasks = 54;       // of colours, behind the 40 bytes that every info header has

using Colour = std::array<uint8_t, 3>;  // red, green, blue

struct BmpLayout {
  int64_t height = 0, width = 0, bytes_per_row = 0, first_row = 0;
  int bits = 0;  // a pixel
  bool bottom_up = true;
  uint32_t compression = 0;
};

BmpLayout read_bmp_layout(const std::filesystem::path& path, std::string_view bytes) {
  if (bytes.size() < kMasks || little_endian(bytes, kInfoHeader, 4) < 40) fail_damaged(path);
  BmpLayout layout;
  layout.width = static_cast<int32_t>(little_endian(bytes, 18, 4));
  const int64_t height = static_cast<int32_t>(little_endian(bytes, 22, 4));
  layout.height = std::abs(height);
  layout.bottom_up = height > 0;
  layout.bits = static_cast<int>(little_endian(bytes, 28, 2));
  layout.compression = little_endian(bytes, 30, 4);
  layout.first_row = little_endian(bytes, 10, 4);
  if (layout.compression == 1 || layout.compression == 2)
    fail_reading(path, "a run-length compressed BMP; save it as TIFF or PNG");
  const std::array known_bits{1, 4, 8, 16, 24, 32};
  if (std::find(known_bits.begin(), known_bits.end(), layout.bits) == known_bits.end()) fail_damaged(path);
  if (layout.width <= 0 || layout.height <= 0) fail_damaged(path);
  layout.bytes_per_row = (layout.width * layout.bits + 31) / 32 * 4;
  const auto size = static_cast<int64_t>(bytes.size());
  if (layout.first_row > size || layout.height > (size - layout.first_row) / layout.bytes_per_row)
    fail_damaged(path);
  return layout;
}

/// All colours that a pixel of up to 8 bits may name; black where the file lists fewer.
std::vector<Colour> read_bmp_palette(const std::filesystem::path& path, std::string_view bytes, int bits) {
  std::vector<Colour> palette(size_t{1} << bits, Colour{0, 0, 0});
  const size_t listed = little_endian(bytes, 46, 4);
  const size_t count = listed == 0 ? palette.size() : listed;
  const size_t start = kInfoHeader + little_endian(bytes, kInfoHeader, 4);
  if (count > 256 || start + 4 * count > bytes.size()) fail_damaged(path);
  for (size_t i = 0; i < std::min(count, palette.size()); ++i)
    for (size_t c = 0; c < 3; ++c) palette[i][c] = static_cast<uint8_t>(bytes[start + 4 * i + 2 - c]);
  return palette;
}

Picture read_palette_bmp(const std::filesystem::path& path, std::string_view bytes, const BmpLayout& layout) {
  const auto palette = read_bmp_palette(path, bytes, layout.bits);
  const bool grey = std::all_of(palette.begin(), palette.end(), [](const Colour& colour) {
    return colour[0] == colour[1] && colour[1] == colour[2];
  });
  Picture picture = make_picture(path, layout.height, layout.width, grey ? 1 : 3, 8);
  uint8_t* sample = picture.samples.data();
  for (int64_t y = 0; y < layout.height; ++y) {
    const int64_t stored = layout.bottom_up ? layout.height - 1 - y : y;
    const char* row = bytes.data() + layout.first_row + stored * layout.bytes_per_row;
    for (int64_t x = 0; x < layout.width; ++x) {
      const int64_t bit = x * layout.bits;  // the first pixel of a byte is in its highest bits
      const int from_right = static_cast<int>(8 - layout.bits - bit % 8);
      const size_t index = static_cast<uint8_t>(row[bit / 8]) >> from_right & (palette.size() - 1);
      sample = std::copy_n(palette[index].begin(), picture.channels, sample);
    }
  }
  return picture;
}

/// Which bits of a pixel are red, green and blue.
std::array<uint32_t, 3> read_bmp_masks(const std::filesystem::path& path, std::string_view bytes,
                                       const BmpLayout& layout) {
  if (layout.compression == 0)
    return layout.bits == 16 ? std::array{0x7c00u, 0x03e0u, 0x001fu} : std::array{0xff0000u, 0xff00u, 0xffu};
  if (layout.compression != 3 || layout.bits == 24 || bytes.size() < kMasks + 12) fail_damaged(path);
  std::array<uint32_t, 3> masks{};
  for (size_t c = 0; c < 3; ++c) {
    masks[c] = little_endian(bytes, kMasks + 4 * c, 4);
    const int bits = std::popcount(masks[c]);
    const bool adjacent = bits > 0 && masks[c] >> std::countr_zero(masks[c]) == (uint64_t{1} << bits) - 1;
    const bool usual = layout.bits == 16 ? bits == 5 || bits == 6 : bits == 8;
    if (!adjacent || !usual)
      fail_reading(path, "a BMP with an unusual number of bits a colour; save it as TIFF or PNG");
  }
  return masks;
}

Picture read_colour_bmp(const std::filesystem::path& path, std::string_view bytes, const BmpLayout& layout) {
  const auto masks = read_bmp_masks(path, bytes, layout);
  Picture picture = make_picture(path, layout.height, layout.width, 3, 8);
  const int bytes_per_pixel = layout.bits / 8;
  uint8_t* sample = picture.samples.data();
  for (int64_t y = 0; y < layout.height; ++y) {
    const int64_t stored = layout.bottom_up ? layout.height - 1 - y : y;
    size_t at = static_cast<size_t>(layout.first_row + stored * layout.bytes_per_row);
    for (int64_t x = 0; x < layout.width; ++x, at += bytes_per_pixel) {
      const uint32_t pixel = little_endian(bytes, at, bytes_per_pixel);
      for (const uint32_t mask : masks) {
        const uint32_t value = (pixel & mask) >> std::countr_zero(mask);
        *sample++ = static_cast<uint8_t>(value << (8 - std::popcount(mask)));
      }
    }
  }
  return picture;
}

}  // namespace

Picture decode_bmp(const std::filesystem::path& path, std::string_view bytes) {
  const BmpLayout layout = read_bmp_layout(path, bytes);
  if (layout.bits > 8) return read_colour_bmp(path, bytes, layout);
  if (layout.compression != 0) fail_damaged(path);
  return read_palette_bmp(path, bytes, layout);
}

}  // namespace priorseg
