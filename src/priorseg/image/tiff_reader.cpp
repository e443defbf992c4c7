#include "priorseg/image/tiff_reader.h"

#include <c10/util/Half.h>
#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <cstring>
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
  pixel = std::isfinite(narrow) ? narrow : 0.0f;
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

/// Reads the pixels into a [C,H,W] buffer.
template <class Pixel>
class PixelReader {
 public:
  PixelReader(const TiffHandle& file, const Page& page, Pixel* pixels)
      : file_(file), page_(page), pixels_(pixels) {}

  void read() { TIFFIsTiled(file_.get()) ? read_tiles() : read_strips(); }

 private:
  // Row by row: a strip may be the whole image, and this way it is never held twice.
  void read_strips() {
    std::vector<uint8_t> row(static_cast<size_t>(TIFFScanlineSize64(file_.get())));
    require_buffer(row.size(), page_.width);
    const int64_t planes = page_.separate() ? page_.channels : 1;
    for (int64_t plane = 0; plane < planes; ++plane)
      for (uint32_t y = 0; y < page_.height; ++y) {
        if (TIFFReadScanline(file_.get(), row.data(), y, static_cast<uint16_t>(plane)) < 0)
          file_.fail("its pixels cannot be decoded from row " + std::to_string(y) +
                     " on; the file is damaged or cut short");
        place(row.data(), 0, y, page_.width, plane);
      }
  }

  void read_tiles() {
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(file_.get(), TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(file_.get(), TIFFTAG_TILELENGTH, &tile_height);
    constexpr uint64_t kLargestTile = uint64_t{1} << 30;  // a damaged tag must not exhaust the memory
    if (tile_width == 0 || tile_height == 0 || TIFFTileSize64(file_.get()) > kLargestTile)
      file_.fail("its tiles are " + std::to_string(tile_width) + " x " + std::to_string(tile_height) +
                 " pixels");
    std::vector<uint8_t> tile(static_cast<size_t>(TIFFTileSize64(file_.get())));
    require_buffer(tile.size(), uint64_t{tile_width} * tile_height);
    const size_t row_bytes = tile.size() / tile_height;
    const int64_t planes = page_.separate() ? page_.channels : 1;
    for (int64_t plane = 0; plane < planes; ++plane)
      for (uint32_t y = 0; y < page_.height; y += tile_height)
        for (uint32_t x = 0; x < page_.width; x += tile_width) {
          if (TIFFReadTile(file_.get(), tile.data(), x, y, 0, static_cast<uint16_t>(plane)) < 0)
            file_.fail("its tile at column " + std::to_string(x) + ", row " + std::to_string(y) +
                       " cannot be decoded; the file is damaged or cut short");
          const uint32_t rows = std::min(tile_height, page_.height - y);
          const uint32_t columns = std::min(tile_width, page_.width - x);
          for (uint32_t i = 0; i < rows; ++i) place(tile.data() + i * row_bytes, x, y + i, columns, plane);
        }
  }

  /// Contradicting tags of a damaged file must not let the conversion read over the end of the buffer.
  void require_buffer(uint64_t bytes, uint64_t pixels) const {
    const uint64_t samples = page_.separate() ? 1 : page_.samples;
    if (bytes < pixels * samples * (page_.bits / 8)) file_.fail("its size tags contradict each other");
  }

  void place(const uint8_t* from, uint32_t x, uint32_t y, uint32_t count, int64_t plane) {
    const int64_t stride = page_.separate() ? 1 : page_.samples;
    const int64_t channels = page_.separate() ? 1 : page_.channels;
    for (int64_t c = 0; c < channels; ++c) {
      Pixel* to = pixels_ + ((plane + c) * page_.height + y) * page_.width + x;
      if (!convert_row(page_, from + c * (page_.bits / 8), count, stride, to))
        file_.fail("values that are no labels in row " + std::to_string(y) +
                   "; expected whole numbers from 0 to 2147483647");
    }
  }

  const TiffHandle& file_;
  const Page& page_;
  Pixel* pixels_;
};

template <class Pixel>
torch::Tensor read_pixels(const TiffHandle& file, const Page& page, torch::ScalarType type) {
  torch::Tensor pixels;
  try {
    pixels = torch::empty({page.channels, page.height, page.width}, type);
    PixelReader<Pixel>(file, page, pixels.template data_ptr<Pixel>()).read();
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {  // c10::Error or std::bad_alloc
    file.fail("not enough memory for " + std::to_string(page.width) + " x " + std::to_string(page.height) +
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

Image read_tiff_image(const std::filesystem::path& path) {
  const TiffHandle file(path, "rm", path);
  const Page page = read_tags(file);
  check_data_inside_file(file, page, path);
  Image image;
  image.pixels = read_pixels<float>(file, page, torch::kFloat32);
  image.bit_depth = std::min<int>(page.bits, 32);
  image.is_float = page.is_float();
  image.pixel_size = read_pixel_size(file, page);
  if (page.photometric == PHOTOMETRIC_PALETTE && page.description.rfind("ImageJ=", 0) != 0) {
    image.pixels = expand_palette(file, page, image.pixels);
    image.bit_depth = 8;
  }
  return image;
}

torch::Tensor read_tiff_labels(const std::filesystem::path& path) {
  const TiffHandle file(path, "rm", path);
  const Page page = read_tags(file);
  if (page.channels != 1)
    file.fail(std::to_string(page.channels) + " channels; a label map has one, with 0 for background");
  check_data_inside_file(file, page, path);
  return read_pixels<int32_t>(file, page, torch::kInt32).squeeze(0);
}

}  // namespace priorseg
