#include "priorseg/image/tiff_reader.h"

#include <c10/util/Half.h>
#include <tiffio.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/image/tiff_handle.h"

namespace priorseg {
namespace {

/// What the tags of the first page say.
struct Page {
  uint32_t width = 0, height = 0;
  uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT;
  uint16_t planar = PLANARCONFIG_CONTIG, photometric = PHOTOMETRIC_MINISBLACK, compression = COMPRESSION_NONE;
  int64_t channels = 1;  // the first samples of a pixel, without alpha
  std::string description;

  bool separate() const { return planar == PLANARCONFIG_SEPARATE && samples > 1; }
  bool is_float() const { return format == SAMPLEFORMAT_IEEEFP; }
};

void check_sample_type(const TiffHandle& file, const Page& page) {
  const bool integer = page.format == SAMPLEFORMAT_UINT || page.format == SAMPLEFORMAT_INT;
  if (!integer && !page.is_float())
    file.fail("complex or unknown sample format; expected integers or floats");
  const bool known = page.is_float() ? page.bits == 16 || page.bits == 32 || page.bits == 64
                                     : page.bits == 8 || page.bits == 16 || page.bits == 32;
  if (!known)
    file.fail(std::to_string(page.bits) + (page.is_float() ? "-bit floats" : "-bit integers") +
              "; expected 8, 16 or 32-bit integers or 16, 32 or 64-bit floats; convert the file, for example "
              "in ImageJ");
}

/// How many of the samples are channels: alpha is dropped, counts other than 1 and 3 are refused.
int64_t count_channels(const TiffHandle& file, const Page& page) {
  uint16_t num_extra = 0;
  uint16_t* extra = nullptr;
  if (!TIFFGetField(file.get(), TIFFTAG_EXTRASAMPLES, &num_extra, &extra)) num_extra = 0;
  const bool colour = page.photometric == PHOTOMETRIC_RGB || page.photometric == PHOTOMETRIC_YCBCR;
  const bool alpha = num_extra == 1 && extra[0] != EXTRASAMPLE_UNSPECIFIED;
  int64_t channels = page.samples;
  if ((channels == 2 && alpha) || (channels == 4 && (alpha || colour))) --channels;
  if (channels != 1 && channels != 3)
    file.fail(std::to_string(page.samples) +
              " channels; expected 1 (grey) or 3 (colour); save the channel to segment as its own file");
  return channels;
}

Page read_tags(const TiffHandle& file) {
  Page page;
  TIFF* tiff = file.get();
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page.height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &page.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &page.format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &page.planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &page.compression);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &page.photometric))
    page.photometric = page.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  if (page.format == SAMPLEFORMAT_VOID) page.format = SAMPLEFORMAT_UINT;
  const char* text = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) && text) page.description = text;
  constexpr uint32_t kLongestSide = 1u << 30;
  if (page.width == 0 || page.height == 0 || page.width > kLongestSide || page.height > kLongestSide)
    file.fail("its size is " + std::to_string(page.width) + " x " + std::to_string(page.height) + " pixels");
  check_sample_type(file, page);
  switch (page.photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_PALETTE:
      break;
    case PHOTOMETRIC_YCBCR:  // only the JPEG codec turns it into RGB
      if (page.compression == COMPRESSION_JPEG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        break;
      }
      [[fallthrough]];
    default:
      file.fail("colour space number " + std::to_string(page.photometric) +
                "; expected grey, RGB or palette");
  }
  page.channels = count_channels(file, page);
  return page;
}

/// The JPEG decoder fills what is missing with grey and only warns: find cut files by their tables.
void check_data_inside_file(const TiffHandle& file, const Page& page, const std::filesystem::path& path) {
  if (page.compression == COMPRESSION_NONE) return;  // reading fails by itself there
  const uint64_t file_size = std::filesystem::file_size(path);
  const bool tiled = TIFFIsTiled(file.get());
  const uint32_t count = tiled ? TIFFNumberOfTiles(file.get()) : TIFFNumberOfStrips(file.get());
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = TIFFGetStrileOffset(file.get(), i), bytes = TIFFGetStrileByteCount(file.get(), i);
    if (offset > file_size || bytes > file_size - offset)
      file.fail("the file is cut short: its pixels should reach to byte " + std::to_string(offset + bytes) +
                " of " + std::to_string(file_size) + "; copy it again");
  }
}

bool store(double value, float& pixel) {
  const auto narrow = static_cast<float>(value);
  pixel = std::isfinite(narrow) ? narrow : std::numeric_limits<float>::quiet_NaN();
  return true;
}

/// False where the value is no label.
bool store(double value, int32_t& label) {
  if (!(value >= 0 && value <= std::numeric_limits<int32_t>::max()) || value != std::floor(value))
    return false;
  label = static_cast<int32_t>(value);
  return true;
}

template <class Sample, class Pixel>
bool convert_samples(const uint8_t* from, int64_t count, int64_t stride, Pixel* to) {
  bool good = true;
  for (int64_t i = 0; i < count; ++i) {
    Sample sample;
    std::memcpy(&sample, from + i * stride * static_cast<int64_t>(sizeof(Sample)), sizeof(Sample));
    good &= store(static_cast<double>(sample), to[i]);
  }
  return good;
}

/// Converts `count` samples, every `stride`-th from `from` on, to pixels.
template <class Pixel>
bool convert_row(const Page& page, const uint8_t* from, int64_t count, int64_t stride, Pixel* to) {
  if (page.is_float()) {
    if (page.bits == 16) return convert_samples<c10::Half>(from, count, stride, to);
    if (page.bits == 32) return convert_samples<float>(from, count, stride, to);
    return convert_samples<double>(from, count, stride, to);
  }
  const bool is_signed = page.format == SAMPLEFORMAT_INT;
  if (page.bits == 8)
    return is_signed ? convert_samples<int8_t>(from, count, stride, to)
                     : convert_samples<uint8_t>(from, count, stride, to);
  if (page.bits == 16)
    return is_signed ? convert_samples<int16_t>(from, count, stride, to)
                     : convert_samples<uint16_t>(from, count, stride, to);
  return is_signed ? convert_samples<int32_t>(from, count, stride, to)
                   : convert_samples<uint32_t>(from, count, stride, to);
}

/// Reads rows of the page into [C,N,W] buffers and holds one strip or tile at a time.
class RowReader {
 public:
  RowReader(const TiffHandle& file, const Page& page, const std::filesystem::path& path)
      : file_(file), page_(page) {
    uint16_t order = FILLORDER_MSB2LSB;
    TIFFGetFieldDefaulted(file.get(), TIFFTAG_FILLORDER, &order);
    TIFFGetFieldDefaulted(file.get(), TIFFTAG_ROWSPERSTRIP, &rows_per_strip_);
    rows_per_strip_ = std::clamp<uint32_t>(rows_per_strip_, 1, page.height);
    if (TIFFIsTiled(file.get())) {
      prepare_tiles();
    } else {
      buffer_.resize(static_cast<size_t>(TIFFScanlineSize64(file.get())));
      require_buffer(buffer_.size(), page.width);
      if (page.compression == COMPRESSION_NONE && order == FILLORDER_MSB2LSB)
        plain_.open(path, std::ios::binary);
    }
  }

  /// @param to  [C,last-first,W].
  template <class Pixel>
  void read(uint32_t first, uint32_t last, Pixel* to) {
    const int64_t planes = page_.separate() ? page_.channels : 1;
    for (int64_t plane = 0; plane < planes; ++plane) {
      const Target<Pixel> target{to, first, last, plane};
      TIFFIsTiled(file_.get()) ? read_tiles(target) : read_strips(target);
    }
  }

 private:
  template <class Pixel>
  struct Target {
    Pixel* pixels;
    uint32_t first, last;
    int64_t plane;
  };

  void prepare_tiles() {
    TIFFGetField(file_.get(), TIFFTAG_TILEWIDTH, &tile_width_);
    TIFFGetField(file_.get(), TIFFTAG_TILELENGTH, &tile_height_);
    constexpr uint64_t kLargestTile = uint64_t{1} << 30;  // a damaged tag must not exhaust the memory
    if (tile_width_ == 0 || tile_height_ == 0 || TIFFTileSize64(file_.get()) > kLargestTile)
      file_.fail("its tiles are " + std::to_string(tile_width_) + " x " + std::to_string(tile_height_) +
                 " pixels");
    buffer_.resize(static_cast<size_t>(TIFFTileSize64(file_.get())));
    require_buffer(buffer_.size(), uint64_t{tile_width_} * tile_height_);
  }

  template <class Pixel>
  void read_strips(const Target<Pixel>& target) {
    for (uint32_t y = target.first; y < target.last; ++y) {
      plain_.is_open() ? read_plain_row(y, target.plane) : decode_row(y, target.plane);
      place(buffer_.data(), 0, y, page_.width, target);
    }
  }

  [[noreturn]] void fail_row(uint32_t y) const {
    file_.fail("its pixels cannot be decoded from row " + std::to_string(y) +
               " on; the file is damaged or cut short");
  }

  /// A strip may be the whole image, and libtiff would load it: uncompressed rows are read where they lie.
  void read_plain_row(uint32_t y, int64_t plane) {
    const uint32_t strip = TIFFComputeStrip(file_.get(), y, static_cast<uint16_t>(plane));
    const uint64_t in_strip = uint64_t{y % rows_per_strip_} * buffer_.size();
    if (in_strip + buffer_.size() > TIFFGetStrileByteCount(file_.get(), strip)) fail_row(y);
    plain_.seekg(static_cast<std::streamoff>(TIFFGetStrileOffset(file_.get(), strip) + in_strip));
    if (!plain_.read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(buffer_.size())))
      fail_row(y);
    if (!TIFFIsByteSwapped(file_.get())) return;
    const auto count = static_cast<tmsize_t>(buffer_.size() / (page_.bits / 8));
    if (page_.bits == 16) TIFFSwabArrayOfShort(reinterpret_cast<uint16_t*>(buffer_.data()), count);
    if (page_.bits == 32) TIFFSwabArrayOfLong(reinterpret_cast<uint32_t*>(buffer_.data()), count);
    if (page_.bits == 64) TIFFSwabArrayOfLong8(reinterpret_cast<uint64_t*>(buffer_.data()), count);
  }

  /// Most codecs cannot jump inside a strip: what lies between is decoded and dropped.
  void decode_row(uint32_t y, int64_t plane) {
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
  void read_tiles(const Target<Pixel>& target) {
    const size_t row_bytes = buffer_.size() / tile_height_;
    for (uint32_t y = target.first / tile_height_ * tile_height_; y < target.last; y += tile_height_)
      for (uint32_t x = 0; x < page_.width; x += tile_width_) {
        if (TIFFReadTile(file_.get(), buffer_.data(), x, y, 0, static_cast<uint16_t>(target.plane)) < 0)
          file_.fail("its tile at column " + std::to_string(x) + ", row " + std::to_string(y) +
                     " cannot be decoded; the file is damaged or cut short");
        const uint32_t end = std::min({y + tile_height_, page_.height, target.last});
        const uint32_t columns = std::min(tile_width_, page_.width - x);
        for (uint32_t row = std::max(y, target.first); row < end; ++row)
          place(buffer_.data() + (row - y) * row_bytes, x, row, columns, target);
      }
  }

  /// Contradicting tags of a damaged file must not let the conversion read over the end of the buffer.
  void require_buffer(uint64_t bytes, uint64_t pixels) const {
    const uint64_t samples = page_.separate() ? 1 : page_.samples;
    if (bytes < pixels * samples * (page_.bits / 8)) file_.fail("its size tags contradict each other");
  }

  template <class Pixel>
  void place(const uint8_t* from, uint32_t x, uint32_t y, uint32_t count, const Target<Pixel>& target) {
    const int64_t stride = page_.separate() ? 1 : page_.samples;
    const int64_t channels = page_.separate() ? 1 : page_.channels;
    const int64_t rows = int64_t{target.last} - target.first;
    for (int64_t c = 0; c < channels; ++c) {
      Pixel* to = target.pixels + ((target.plane + c) * rows + y - target.first) * page_.width + x;
      if (!convert_row(page_, from + c * (page_.bits / 8), count, stride, to))
        file_.fail("values that are no labels in row " + std::to_string(y) +
                   "; expected whole numbers from 0 to 2147483647");
    }
  }

  const TiffHandle& file_;
  const Page& page_;
  uint32_t rows_per_strip_ = 1, tile_width_ = 0, tile_height_ = 0;
  std::vector<uint8_t> buffer_;  // a row of a strip, or a tile
  std::ifstream plain_;          // open where rows can be read without libtiff
  uint32_t strip_ = std::numeric_limits<uint32_t>::max(), next_row_ = 0;  // of the decoder
};

template <class Pixel>
torch::Tensor read_pixels(const TiffHandle& file, const Page& page, RowReader& reader, int64_t first,
                          int64_t last, torch::ScalarType type) {
  torch::Tensor pixels;
  try {
    pixels = torch::empty({page.channels, last - first, page.width}, type);
    reader.read(static_cast<uint32_t>(first), static_cast<uint32_t>(last), pixels.template data_ptr<Pixel>());
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {  // c10::Error or std::bad_alloc
    file.fail("not enough memory for " + std::to_string(page.width) + " x " + std::to_string(last - first) +
              " pixels");
  }
  return pixels;
}

PixelSize read_pixel_size(const TiffHandle& file, const Page& page) {
  PixelSize size;
  float x = 0, y = 0;
  uint16_t unit = RESUNIT_INCH;  // the standard's default
  if (TIFFGetField(file.get(), TIFFTAG_XRESOLUTION, &x) && std::isfinite(x)) size.x_resolution = x;
  if (TIFFGetField(file.get(), TIFFTAG_YRESOLUTION, &y) && std::isfinite(y)) size.y_resolution = y;
  if (size.x_resolution > 0 || size.y_resolution > 0) {
    TIFFGetFieldDefaulted(file.get(), TIFFTAG_RESOLUTIONUNIT, &unit);
    size.resolution_unit = unit;
  }
  size.description = page.description;
  return size;
}

/// [1,H,W] palette indices to [1,H,W] (all colours grey) or [3,H,W] of 0..255.
torch::Tensor expand_palette(const TiffHandle& file, const Page& page, const torch::Tensor& indices) {
  uint16_t* colours[3] = {};
  if (page.channels != 1 || page.bits > 16 ||
      !TIFFGetField(file.get(), TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2]))
    file.fail("a palette image without a valid palette");
  const int64_t size = int64_t{1} << page.bits;
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

}  // namespace

struct TiffImageReader::File {
  explicit File(const std::filesystem::path& path)
      : handle(path, "rm", path), page(checked_tags(path)), rows(handle, page, path) {}

  Page checked_tags(const std::filesystem::path& path) const {
    Page tags = read_tags(handle);
    check_data_inside_file(handle, tags, path);
    return tags;
  }

  TiffHandle handle;
  Page page;
  RowReader rows;
};

TiffImageReader::TiffImageReader(const std::filesystem::path& path) : file_(std::make_unique<File>(path)) {
  const Page& page = file_->page;
  info_.height = page.height;
  info_.width = page.width;
  info_.bit_depth = std::min<int>(page.bits, 32);
  info_.quantum = page.is_float() ? 0 : 1;
  info_.pixel_size = read_pixel_size(file_->handle, page);
  info_.channels = page.channels;
  has_palette_ = page.photometric == PHOTOMETRIC_PALETTE && page.description.rfind("ImageJ=", 0) != 0;
  if (!has_palette_) return;
  info_.bit_depth = 8;
  info_.channels = expand_palette(file_->handle, page, torch::zeros({1, 1, 1})).size(0);
}

TiffImageReader::~TiffImageReader() = default;

torch::Tensor TiffImageReader::read_rows(int64_t first, int64_t last) {
  const auto pixels =
      read_pixels<float>(file_->handle, file_->page, file_->rows, first, last, torch::kFloat32);
  return has_palette_ ? expand_palette(file_->handle, file_->page, pixels) : pixels;
}

torch::Tensor read_tiff_labels(const std::filesystem::path& path) {
  const TiffHandle file(path, "rm", path);
  const Page page = read_tags(file);
  if (page.channels != 1)
    file.fail(std::to_string(page.channels) + " channels; a label map has one, with 0 for background");
  check_data_inside_file(file, page, path);
  RowReader reader(file, page, path);
  return read_pixels<int32_t>(file, page, reader, 0, page.height, torch::kInt32).squeeze(0);
}

}  // namespace priorseg
