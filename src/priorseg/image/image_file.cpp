#include "priorseg/image/image_file.h"

#include <torch/types.h>

#include <fstream>
#include <string_view>
#include <system_error>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/picture.h"
#include "priorseg/image/picture_file.h"
#include "priorseg/image/png_file.h"
#include "priorseg/image/tiff_reader.h"

namespace priorseg {
namespace {

using namespace std::string_view_literals;

enum class FileKind { kTiff, kPng, kJpeg, kBmp };

/// Judges by the first bytes: names often lie.
FileKind kind_of(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) fail_reading(path, "there is no such file");
  if (!std::filesystem::is_regular_file(path, error)) fail_reading(path, "it is no file");
  std::ifstream file(path, std::ios::binary);
  if (!file) fail_reading(path, "opening it is not permitted");
  char bytes[8] = {};
  file.read(bytes, sizeof bytes);
  const std::string_view start(bytes, static_cast<size_t>(file.gcount()));
  if (start.empty()) fail_reading(path, "the file is empty");
  for (const auto signature : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
    if (start.starts_with(signature)) return FileKind::kTiff;
  if (start.starts_with(kPngSignature)) return FileKind::kPng;
  if (start.starts_with(kJpegSignature)) return FileKind::kJpeg;
  if (start.starts_with(kBmpSignature)) return FileKind::kBmp;
  fail_reading(path, "it is no image; expected TIFF, PNG, JPEG or BMP");
}

}  // namespace

struct ImageReader::Source {
  std::unique_ptr<TiffImageReader> tiff;  // or
  torch::Tensor pixels;                   // [C,H,W], held whole
  ImageInfo info;
};

ImageReader::ImageReader(const ImageInput& input) : source_(std::make_unique<Source>()) {
  if (!input.image() && kind_of(input.file()) == FileKind::kTiff) {
    source_->tiff = std::make_unique<TiffImageReader>(input.file());
    source_->info = source_->tiff->info();
    return;
  }
  const Image image = input.image() ? *input.image() : read_picture(input.file());
  source_->pixels = image.pixels;
  source_->info = image;
}

ImageReader::~ImageReader() = default;

const ImageInfo& ImageReader::info() const { return source_->info; }

torch::Tensor ImageReader::read_rows(int64_t first, int64_t last) {
  if (first < 0 || first >= last || last > info().height)
    throw Error("rows " + std::to_string(first) + " to " + std::to_string(last) + " of an image with " +
                std::to_string(info().height) + " rows");
  return source_->tiff ? source_->tiff->read_rows(first, last) : source_->pixels.slice(1, first, last);
}

Image ImageReader::read() { return {read_rows(0, info().height), info()}; }

ImageSource ImageReader::source() {
  return {info(), [this](int64_t first, int64_t last) { return read_rows(first, last); }};
}

Image read_image(const std::filesystem::path& path) { return ImageReader(path).read(); }

torch::Tensor read_label_map(const std::filesystem::path& path) {
  const FileKind kind = kind_of(path);
  if (kind == FileKind::kTiff) return read_tiff_labels(path);
  if (kind == FileKind::kJpeg)
    fail_reading(path, "JPEG changes pixel values and cannot hold labels; expected TIFF or PNG");
  const Image image = read_picture(path);
  if (image.pixels.size(0) != 1)
    fail_reading(path, "a colour picture; a label map has one grey channel with 0 for background");
  return image.pixels[0].to(torch::kInt32);
}

std::string encode_png(const torch::Tensor& rgb) {
  check_shape(rgb, {std::nullopt, std::nullopt, 3}, "rgb");
  if (rgb.scalar_type() != torch::kUInt8) throw Error("rgb has another type than uint8");
  if (rgb.numel() == 0) throw Error("a picture without pixels cannot be written as PNG");
  const torch::Tensor pixels = rgb.cpu().contiguous();
  std::string bytes = encode_rgb_png(pixels.data_ptr<uint8_t>(), pixels.size(0), pixels.size(1));
  if (bytes.empty())
    throw Error("a picture of " + std::to_string(pixels.size(1)) + " x " + std::to_string(pixels.size(0)) +
                " pixels cannot be written as PNG");
  return bytes;
}

void write_png(const std::filesystem::path& path, const torch::Tensor& rgb) {
  write_text_atomically(path, encode_png(rgb));
}

}  // namespace priorseg
