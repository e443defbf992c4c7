#include "priorseg/image/image_file.h"

#include <torch/types.h>

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/file_kind.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/ome_zarr_stack.h"
#include "priorseg/image/picture.h"
#include "priorseg/image/picture_file.h"
#include "priorseg/image/png_file.h"
#include "priorseg/image/tiff_stack.h"

namespace priorseg {

Image read_image(const std::filesystem::path& path) { return ImageReader(path).read(); }

torch::Tensor read_label_map(const std::filesystem::path& path) {
  const auto maps = read_label_maps(path);
  if (maps.size() > 1)
    fail_reading(
        path,
        "it holds " + std::to_string(maps.size()) +
            " planes, expected one label map; save the plane that belongs to the image as its own file");
  return maps.front();
}

std::vector<torch::Tensor> read_label_maps(const std::filesystem::path& path) {
  const FileKind kind = kind_of_file(path);
  if (kind == FileKind::kTiff) return read_tiff_labels(path);
  if (kind == FileKind::kZarr) return read_zarr_labels(path);
  if (kind == FileKind::kSlide) fail_reading(path, "it is a whole slide, expected a label map");
  if (kind == FileKind::kJpeg)
    fail_reading(path, "JPEG changes pixel values and cannot hold labels; expected TIFF or PNG");
  const Image image = read_picture(path);
  if (image.pixels.size(0) != 1)
    fail_reading(path, "a colour picture; a label map has one grey channel with 0 for background");
  return {image.pixels[0].to(torch::kInt32)};
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

void write_label_png(const std::filesystem::path& path, const torch::Tensor& labels) {
  check_shape(labels, {std::nullopt, std::nullopt}, "labels");
  if (labels.scalar_type() != torch::kInt32) throw Error("labels has another type than int32");
  constexpr int32_t kMost = std::numeric_limits<uint16_t>::max();
  const auto rows = labels.cpu().contiguous();
  const std::span values(rows.data_ptr<int32_t>(), static_cast<size_t>(rows.numel()));
  for (const int32_t label : values)
    if (label < 0 || label > kMost)
      throw Error("cannot write " + path.string() + ": label " + std::to_string(label) +
                  ", but a PNG holds 0 to 65,535; take TIFF");
  const std::vector<uint16_t> grey(values.begin(), values.end());
  const auto bytes = encode_grey_png(grey.data(), rows.size(0), rows.size(1));
  if (bytes.empty()) throw Error("cannot write " + path.string() + ": too large for a PNG; take TIFF");
  write_text_atomically(path, bytes);
}

void write_png(const std::filesystem::path& path, const torch::Tensor& rgb) {
  write_text_atomically(path, encode_png(rgb));
}

}  // namespace priorseg
