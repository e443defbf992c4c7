#include "priorseg/image/image_file.h"

#include <torch/types.h>

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

void write_png(const std::filesystem::path& path, const torch::Tensor& rgb) {
  write_text_atomically(path, encode_png(rgb));
}

}  // namespace priorseg
