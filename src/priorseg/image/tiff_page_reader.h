#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/tiff_handle.h"
#include "priorseg/image/tiff_page.h"
#include "priorseg/image/tiff_samples.h"

namespace priorseg {

/// Reads rows of one page of a TIFF and holds one strip or tile at a time, and one row of uncompressed
/// strips, however large these are. Where a read ends within a row of tiles this row is kept as well, up to
/// 256 MiB, so that a picture that is read in bands has each tile decoded once.
class TiffPageReader {
 public:
  /// @param directory  TiffPage::directory of the page.
  /// @param plane      of a page that stands for several: planes lie one after the other behind its first
  /// strip.
  /// @throws Error where the page cannot be read, or its data reach beyond the end of the file.
  TiffPageReader(const std::filesystem::path& path, uint64_t directory, int64_t plane = 0);

  /// Rows `first` to `last` - 1 of some samples of a pixel, [C,last-first,W].
  torch::Tensor read_pixels(int64_t first, int64_t last, SampleRange samples);
  /// @return [last-first,W] int32.
  torch::Tensor read_labels(int64_t first, int64_t last);

  /// [1,H,W] indices of colours to [C,H,W] of 0 to 255; one channel where all colours are grey.
  torch::Tensor expand_palette(const torch::Tensor& indices) const;
  const TiffPage& page() const { return page_; }
  const TiffHandle& file() const { return file_; }

 private:
  template <class Pixel>
  struct Target {
    Pixel* pixels;
    uint32_t first, last;
    int64_t plane, channel;
    SampleRange samples;
  };

  template <class Pixel>
  torch::Tensor read(int64_t first, int64_t last, SampleRange samples, torch::ScalarType type);
  template <class Pixel>
  void read_strips(const Target<Pixel>& target);
  template <class Pixel>
  void read_tiles(const Target<Pixel>& target);
  template <class Pixel>
  void place(const uint8_t* from, uint32_t x, uint32_t y, uint32_t count, const Target<Pixel>& target);

  const uint8_t* read_tile(uint32_t x, uint32_t y, int64_t plane, bool is_asked_for_again);
  void prepare_tiles();
  void prepare_strips(const std::filesystem::path& path, int64_t plane);
  void check_data_inside_file(const std::filesystem::path& path) const;
  void read_plain_row(uint32_t y, int64_t plane);
  void decode_row(uint32_t y, int64_t plane);
  [[noreturn]] void fail_row(uint32_t y) const;
  void require_buffer(uint64_t samples_along, uint64_t rows) const;

  struct HeldTiles {
    uint32_t row = 0;                                // their first row
    std::map<uint32_t, std::vector<uint8_t>> tiles;  // by their first column
  };

  TiffHandle file_;
  TiffPage page_;
  bool is_tiled_ = false;
  uint32_t rows_per_strip_ = 1, tile_width_ = 0, tile_height_ = 0;
  std::vector<uint8_t> buffer_;              // a row of a strip, or a tile
  std::map<int64_t, HeldTiles> held_tiles_;  // by plane of samples
  std::ifstream plain_;                      // open where rows can be read without libtiff
  int64_t stack_start_ = -1;                 // where the plane begins, of planes without pages of their own
  uint32_t strip_, next_row_ = 0;            // of the decoder
};

}  // namespace priorseg
