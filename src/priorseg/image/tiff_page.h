#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace priorseg {

class TiffHandle;

/// What the tags of one page of a TIFF say.
struct TiffPage {
  uint64_t directory = 0;  ///< place of its tags in the file, bytes
  uint32_t width = 0, height = 0;
  uint16_t bits = 1, samples = 1, format = 1;             ///< as the tags; format 1: unsigned integers
  uint16_t planar = 1, photometric = 1, compression = 1;  ///< as the tags
  int64_t channels = 1;                                   ///< the first samples of a pixel, without alpha
  bool has_colours = false;                               ///< red, green and blue; or indices of colours
  bool is_reduced = false;                ///< a smaller form of another page, or a mask, as its tags say
  int64_t stacked = 1;                    ///< planes that MetaMorph's tag counts in this page
  std::string description;                ///< tag 270
  std::vector<uint64_t> sub_directories;  ///< tag 330: places of smaller forms, bytes

  bool is_separate() const { return planar == 2 && samples > 1; }
  bool is_float() const { return format == 3; }
  bool is_signed() const { return format == 2; }
  bool has_palette() const { return photometric == 3; }
  bool white_is_zero() const { return photometric == 0; }
  /// Samples do not fill whole bytes.
  bool is_packed() const { return bits % 8 != 0; }
  /// Of one row of one plane of samples in the file.
  uint64_t bytes_per_row() const;
  /// As pages of one stack are.
  bool is_like(const TiffPage& other) const;
};

/// The page at which a handle stands, and prepares the handle for reading its pixels.
TiffPage read_page_tags(const TiffHandle& file);

/// @throws Error where the pixels of the page cannot be read: an unusual sample type or colour space, or no
/// size.
void check_page(const TiffHandle& file, const TiffPage& page);

/// The main chain of pages. A chain that breaks off ends there; `is_whole` tells.
struct TiffPages {
  std::vector<TiffPage> pages;
  bool is_whole = true;
  uint64_t file_size = 0;  ///< bytes
};
TiffPages list_tiff_pages(const std::filesystem::path& path);

}  // namespace priorseg
