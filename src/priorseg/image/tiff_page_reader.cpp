#include "priorseg/image/tiff_page_reader.h"

#include <tiffio.h>
#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "priorseg/core/error.h"

namespace priorseg {

TiffPageReader::TiffPageReader(const std::filesystem::path& path, uint64_t directory, int64_t plane)
    : file_(path, "rm", path), strip_(std::numeric_limits<uint32_t>::max()) {
  if (TIFFCurrentDirOffset(file_.get()) != directory && !TIFFSetSubDirectory(file_.get(), directory))
    file_.fail("its page at byte " + std::to_string(directory) + " cannot be read");
  page_ = read_page_tags(file_);
  check_page(file_, page_);
  check_data_inside_file(path);
  is_tiled_ = TIFFIsTiled(file_.get()) != 0;
  is_tiled_ ? prepare_tiles() : prepare_strips(path, plane);
}

void TiffPageReader::prepare_tiles() {
  TIFFGetField(file_.get(), TIFFTAG_TILEWIDTH, &tile_width_);
  TIFFGetField(file_.get(), TIFFTAG_TILELENGTH, &tile_height_);
  constexpr uint64_t kLargestTile = uint64_t{1} << 30;  // a damaged tag must not exhaust the memory
  if (tile_width_ == 0 || tile_height_ == 0 || TIFFTileSize64(file_.get()) > kLargestTile)
    file_.fail("its tiles are " + std::to_string(tile_width_) + " x " + std::to_string(tile_height_) +
               " pixels");
  buffer_.resize(static_cast<size_t>(TIFFTileSize64(file_.get())));
  require_buffer(tile_width_, tile_height_);
}

void TiffPageReader::prepare_strips(const std::filesystem::path& path, int64_t plane) {
  uint16_t order = FILLORDER_MSB2LSB;
  TIFFGetFieldDefaulted(file_.get(), TIFFTAG_FILLORDER, &order);
  TIFFGetFieldDefaulted(file_.get(), TIFFTAG_ROWSPERSTRIP, &rows_per_strip_);
  rows_per_strip_ = std::clamp<uint32_t>(rows_per_strip_, 1, page_.height);
  buffer_.resize(static_cast<size_t>(TIFFScanlineSize64(file_.get())));
  require_buffer(page_.width, 1);
  if (page_.compression == COMPRESSION_NONE && order == FILLORDER_MSB2LSB)
    plain_.open(path, std::ios::binary);
  if (plane == 0) return;
  if (!plain_.is_open() || page_.is_separate())
    file_.fail(
        "its planes have no pages of their own and are compressed; save it again, for example in ImageJ");
  const uint64_t bytes = buffer_.size() * page_.height;
  stack_start_ =
      static_cast<int64_t>(TIFFGetStrileOffset(file_.get(), 0) + static_cast<uint64_t>(plane) * bytes);
}

/// The JPEG decoder fills what is missing with grey and only warns: find cut files by their tables.
void TiffPageReader::check_data_inside_file(const std::filesystem::path& path) const {
  if (page_.compression == COMPRESSION_NONE) return;  // reading fails by itself there
  const uint64_t file_size = std::filesystem::file_size(path);
  const bool tiled = TIFFIsTiled(file_.get());
  const uint32_t count = tiled ? TIFFNumberOfTiles(file_.get()) : TIFFNumberOfStrips(file_.get());
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = TIFFGetStrileOffset(file_.get(), i),
                   bytes = TIFFGetStrileByteCount(file_.get(), i);
    if (offset > file_size || bytes > file_size - offset)
      file_.fail("the file is cut short: its pixels should reach to byte " + std::to_string(offset + bytes) +
                 " of " + std::to_string(file_size) + "; copy it again");
  }
}

/// Contradicting tags of a damaged file must not let the conversion read over the end of the buffer.
void TiffPageReader::require_buffer(uint64_t pixels_along, uint64_t rows) const {
  const uint64_t samples = page_.is_separate() ? 1 : page_.samples;
  if (buffer_.size() / rows < (pixels_along * samples * page_.bits + 7) / 8)
    file_.fail("its size tags contradict each other");
}

void TiffPageReader::fail_row(uint32_t y) const {
  file_.fail("its pixels cannot be decoded from row " + std::to_string(y) +
             " on; the file is damaged or cut short");
}

/// A strip may be the whole image, and libtiff would load it: uncompressed rows are read where they lie.
void TiffPageReader::read_plain_row(uint32_t y, int64_t plane) {
  int64_t start = stack_start_ + static_cast<int64_t>(uint64_t{y} * buffer_.size());
  if (stack_start_ < 0) {
    const uint32_t strip = TIFFComputeStrip(file_.get(), y, static_cast<uint16_t>(plane));
    const uint64_t in_strip = uint64_t{y % rows_per_strip_} * buffer_.size();
    if (in_strip + buffer_.size() > TIFFGetStrileByteCount(file_.get(), strip)) fail_row(y);
    start = static_cast<int64_t>(TIFFGetStrileOffset(file_.get(), strip) + in_strip);
  }
  plain_.seekg(start);
  if (!plain_.read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(buffer_.size())))
    fail_row(y);
  if (!TIFFIsByteSwapped(file_.get()) || page_.is_packed()) return;
  const auto count = static_cast<tmsize_t>(buffer_.size() / (page_.bits / 8));
  if (page_.bits == 16) TIFFSwabArrayOfShort(reinterpret_cast<uint16_t*>(buffer_.data()), count);
  if (page_.bits == 32) TIFFSwabArrayOfLong(reinterpret_cast<uint32_t*>(buffer_.data()), count);
  if (page_.bits == 64) TIFFSwabArrayOfLong8(reinterpret_cast<uint64_t*>(buffer_.data()), count);
}

/// Most codecs cannot jump inside a strip: what lies between is decoded and dropped.
void TiffPageReader::decode_row(uint32_t y, int64_t plane) {
  const uint32_t strip = TIFFComputeStrip(file_.get(), y, static_cast<uint16_t>(plane));
  if (strip != strip_ || next_row_ > y) {
    strip_ = strip;
    next_row_ = y - y % rows_per_strip_;
  }
  for (; next_row_ <= y; ++next_row_) {
    if (TIFFReadScanline(file_.get(), buffer_.data(), next_row_, static_cast<uint16_t>(plane)) < 0)
      fail_row(next_row_);
  }
}

template <class Pixel>
void TiffPageReader::read_strips(const Target<Pixel>& target) {
  for (uint32_t y = target.first; y < target.last; ++y) {
    plain_.is_open() ? read_plain_row(y, target.plane) : decode_row(y, target.plane);
    place(buffer_.data(), 0, y, page_.width, target);
  }
}

/// The rest of a row of tiles is asked for next, where a picture is read in bands: it is kept.
const uint8_t* TiffPageReader::read_tile(uint32_t x, uint32_t y, int64_t plane, bool is_asked_for_again) {
  constexpr uint64_t kMostHeld = uint64_t{1} << 28;  // bytes
  const uint64_t tiles = (page_.width + tile_width_ - 1) / tile_width_;
  auto& held = held_tiles_[plane];
  if (held.row != y) held = {y, {}};
  const auto known = held.tiles.find(x);
  if (known != held.tiles.end()) return known->second.data();
  if (TIFFReadTile(file_.get(), buffer_.data(), x, y, 0, static_cast<uint16_t>(plane)) < 0)
    file_.fail("its tile at column " + std::to_string(x) + ", row " + std::to_string(y) +
               " cannot be decoded; the file is damaged or cut short");
  if (!is_asked_for_again || tiles * buffer_.size() > kMostHeld) return buffer_.data();
  return (held.tiles[x] = buffer_).data();
}

template <class Pixel>
void TiffPageReader::read_tiles(const Target<Pixel>& target) {
  const size_t row_bytes = buffer_.size() / tile_height_;
  for (uint32_t y = target.first / tile_height_ * tile_height_; y < target.last; y += tile_height_)
    for (uint32_t x = 0; x < page_.width; x += tile_width_) {
      const uint8_t* tile =
          read_tile(x, y, target.plane, y + tile_height_ > target.last && target.last < page_.height);
      const uint32_t end = std::min({y + tile_height_, page_.height, target.last});
      const uint32_t columns = std::min(tile_width_, page_.width - x);
      for (uint32_t row = std::max(y, target.first); row < end; ++row)
        place(tile + (row - y) * row_bytes, x, row, columns, target);
    }
}

template <class Pixel>
void TiffPageReader::place(const uint8_t* from, uint32_t x, uint32_t y, uint32_t count,
                           const Target<Pixel>& target) {
  const int64_t stride = page_.is_separate() ? 1 : page_.samples;
  const int64_t channels = page_.is_separate() ? 1 : target.samples.count;
  const int64_t rows = int64_t{target.last} - target.first;
  for (int64_t c = 0; c < channels; ++c) {
    Pixel* to = target.pixels + ((target.channel + c) * rows + y - target.first) * page_.width + x;
    const SampleRow row{from, page_.is_separate() ? 0 : target.samples.first + c, stride, count};
    if constexpr (std::is_same_v<Pixel, float>) {
      convert_samples(page_, row, to);
    } else if (!convert_samples(page_, row, to)) {
      file_.fail("values that are no labels in row " + std::to_string(y) +
                 "; expected whole numbers from 0 to 2147483647");
    }
  }
}

template <class Pixel>
torch::Tensor TiffPageReader::read(int64_t first, int64_t last, SampleRange samples, torch::ScalarType type) {
  torch::Tensor pixels;
  try {
    pixels = torch::empty({samples.count, last - first, page_.width}, type);
    const int64_t planes = page_.is_separate() ? samples.count : 1;
    for (int64_t i = 0; i < planes; ++i) {
      const Target<Pixel> target{pixels.template data_ptr<Pixel>(),
                                 static_cast<uint32_t>(first),
                                 static_cast<uint32_t>(last),
                                 page_.is_separate() ? samples.first + i : 0,
                                 i,
                                 samples};
      is_tiled_ ? read_tiles(target) : read_strips(target);
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {  // c10::Error or std::bad_alloc
    file_.fail("not enough memory for " + std::to_string(page_.width) + " x " + std::to_string(last - first) +
               " pixels");
  }
  return pixels;
}

torch::Tensor TiffPageReader::read_pixels(int64_t first, int64_t last, SampleRange samples) {
  return read<float>(first, last, samples, torch::kFloat32);
}

torch::Tensor TiffPageReader::read_labels(int64_t first, int64_t last) {
  return read<int32_t>(first, last, {0, 1}, torch::kInt32).squeeze(0);
}

torch::Tensor TiffPageReader::expand_palette(const torch::Tensor& indices) const {
  uint16_t* colours[3] = {};
  if (!TIFFGetField(file_.get(), TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2]))
    file_.fail("a palette image without a valid palette");
  const int64_t size = int64_t{1} << page_.bits;
  const bool equal = std::equal(colours[0], colours[0] + size, colours[1]) &&
                     std::equal(colours[0], colours[0] + size, colours[2]);
  // Some writers store 8-bit colours where the standard asks for 16 bits.
  const bool wide = std::any_of(colours, colours + 3, [size](const uint16_t* c) {
    return std::any_of(c, c + size, [](uint16_t value) { return value > 255; });
  });
  std::vector<torch::Tensor> channels;
  for (int c = 0; c < (equal ? 1 : 3); ++c) {
    torch::Tensor table = torch::empty({size});
    for (int64_t i = 0; i < size; ++i)
      table.data_ptr<float>()[i] = static_cast<float>(wide ? colours[c][i] >> 8 : colours[c][i]);
    channels.push_back(table.index_select(0, indices.flatten().to(torch::kInt64)).view(indices.sizes()));
  }
  return torch::cat(channels);
}

}  // namespace priorseg
