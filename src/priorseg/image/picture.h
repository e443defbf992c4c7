#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace priorseg {

/// What a decoder of PNG, JPEG or BMP gives: rows from the top, and in a row the samples of each pixel side
/// by side: grey, or red, green and blue.
struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  int bit_depth = 8;  // or 16, in the processor's order of bytes
  std::vector<uint8_t> samples;

  int64_t bytes_per_row() const { return width * channels * (bit_depth / 8); }
};

/// @throws Error: the file cannot be read, and why.
[[noreturn]] void fail_reading(const std::filesystem::path& path, const std::string& why);
/// @throws Error: the file is not whole.
[[noreturn]] void fail_damaged(const std::filesystem::path& path);

/// A picture with memory for its samples.
/// @throws Error where the header of the file names no size, or too many pixels.
Picture make_picture(const std::filesystem::path& path, int64_t height, int64_t width, int64_t channels,
                     int bit_depth);

}  // namespace priorseg
