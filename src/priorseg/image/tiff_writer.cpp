#include <tiffio.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/tiff_handle.h"

namespace priorseg {
namespace {

// A classic TIFF ends at 4 GiB; compressed data may in the worst case grow a little.
constexpr int64_t kLargestClassicTiff = 4'000'000'000;

/// Of ImageJ's description only what is true for any picture of the same field: the unit of the resolution
/// tags. Numbers of slices and channels, or an OME text, describe the input file and not this one.
std::string unit_description(const std::string& description) {
  if (description.rfind("ImageJ=", 0) != 0) return {};
  std::istringstream lines(description);
  std::string line, version, unit;
  while (std::getline(lines, line)) {
    if (line.rfind("ImageJ=", 0) == 0) version = line;
    if (line.rfind("unit=", 0) == 0) unit = line;
  }
  return unit.empty() ? std::string() : version + "\n" + unit + "\n";
}

void set_tags(const TiffHandle& file, int64_t height, int64_t width, int bits, const PixelSize& pixel_size) {
  TIFF* tiff = file.get();
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(height));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
  constexpr int64_t kStripBytes = 1 << 18;
  const int64_t rows = std::clamp<int64_t>(kStripBytes / (width * bits / 8), 1, height);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(rows));
  if (pixel_size.x_resolution > 0 && pixel_size.y_resolution > 0) {
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, pixel_size.x_resolution);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, pixel_size.y_resolution);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, pixel_size.resolution_unit);
  }
  const std::string description = unit_description(pixel_size.description);
  if (!description.empty()) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, description.c_str());
}

/// Writes a [H,W] int32 tensor of values that fit into `Sample`.
template <class Sample>
void write_grey(const std::filesystem::path& path, const torch::Tensor& values, const PixelSize& pixel_size) {
  const int64_t height = values.size(0), width = values.size(1);
  const bool big = height * width * static_cast<int64_t>(sizeof(Sample)) > kLargestClassicTiff;
  const auto* from = values.data_ptr<int32_t>();
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    const TiffHandle file(temporary, big ? "w8" : "w", path);
    set_tags(file, height, width, static_cast<int>(8 * sizeof(Sample)), pixel_size);
    std::vector<Sample> row(static_cast<size_t>(width));
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) row[x] = static_cast<Sample>(from[y * width + x]);
      if (TIFFWriteScanline(file.get(), row.data(), static_cast<uint32_t>(y), 0) < 0)
        file.fail("check the free space");
    }
    if (!TIFFFlush(file.get())) file.fail("check the free space");
  });
}

void check_not_empty(const std::filesystem::path& path, const torch::Tensor& pixels) {
  if (pixels.numel() == 0) throw Error("cannot write " + path.string() + ": the picture has no pixels");
}

}  // namespace

void write_label_map(const std::filesystem::path& path, const torch::Tensor& labels,
                     const PixelSize& pixel_size) {
  check_shape(labels, {std::nullopt, std::nullopt}, "labels");
  check_not_empty(path, labels);
  if (labels.scalar_type() != torch::kInt32) throw Error("labels have another type than int32");
  const torch::Tensor values = labels.cpu().contiguous();
  if (values.min().item<int32_t>() < 0)
    throw Error("cannot write " + path.string() +
                ": negative labels; expected 0 for background and 1, 2, ...");
  if (values.max().item<int32_t>() > 65535)
    write_grey<uint32_t>(path, values, pixel_size);
  else
    write_grey<uint16_t>(path, values, pixel_size);
}

void write_grey_tiff(const std::filesystem::path& path, const torch::Tensor& pixels, int bit_depth) {
  check_shape(pixels, {std::nullopt, std::nullopt}, "pixels");
  check_not_empty(path, pixels);
  if (bit_depth != 8 && bit_depth != 16)
    throw Error("bit depth " + std::to_string(bit_depth) + " for a grey TIFF; expected 8 or 16");
  const double highest = bit_depth == 8 ? 255 : 65535;
  const torch::Tensor values = torch::nan_to_num(pixels.cpu().to(torch::kFloat64))
                                   .round()
                                   .clamp(0, highest)
                                   .to(torch::kInt32)
                                   .contiguous();
  if (bit_depth == 8)
    write_grey<uint8_t>(path, values, {});
  else
    write_grey<uint16_t>(path, values, {});
}

}  // namespace priorseg
