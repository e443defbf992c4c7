#include "priorseg/data/benchmark_pixels.h"

#include <torch/torch.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <set>

#include "priorseg/core/error.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/intensity.h"
#include "priorseg/image/resample.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

/// Connected parts (8 neighbours) of equal value are numbered.
torch::Tensor number_parts(const torch::Tensor& values) {
  const auto grey = values.to(torch::kInt32).contiguous();
  auto labels = torch::zeros(grey.sizes(), torch::kInt32);
  std::set<int32_t> found(grey.data_ptr<int32_t>(), grey.data_ptr<int32_t>() + grey.numel());
  int32_t used = 0;
  for (const int32_t value : found) {
    if (value == 0) continue;
    const auto mask = (grey == value).to(torch::kUInt8).contiguous();
    const auto parts = torch::empty(grey.sizes(), torch::kInt32);
    const cv::Mat input(static_cast<int>(grey.size(0)), static_cast<int>(grey.size(1)), CV_8UC1,
                        mask.data_ptr<uint8_t>());
    cv::Mat output(input.rows, input.cols, CV_32SC1, parts.data_ptr<int32_t>());
    const int count = cv::connectedComponents(input, output, 8, CV_32S);
    labels = torch::where(parts > 0, parts + used, labels);
    used += count - 1;
  }
  return labels;
}

struct Window {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

Window middle_of(int64_t height, int64_t width, int64_t crop, const fs::path& file) {
  if (crop == 0) return {0, 0, height, width};
  if (height < crop || width < crop) {
    throw Error(file.string() + " has " + std::to_string(height) + "x" + std::to_string(width) +
                " px, expected at least " + std::to_string(crop) + "x" + std::to_string(crop) +
                " of which the middle is used");
  }
  return {(height - crop) / 2, (width - crop) / 2, crop, crop};
}

torch::Tensor cut(const torch::Tensor& map, const Window& window) {
  return map.slice(0, window.top, window.top + window.height)
      .slice(1, window.left, window.left + window.width)
      .contiguous();
}

torch::Tensor resize_labels(const torch::Tensor& labels, int64_t side) {
  if (side == 0) return labels;
  const auto wide = labels.to(torch::kFloat64).view({1, 1, labels.size(0), labels.size(1)});
  return torch::upsample_nearest2d(wide, {side, side}).view({side, side}).to(torch::kInt32);
}

void write_prepared_image(const fs::path& path, const fs::path& result, int64_t crop, int64_t side) {
  const Image image = read_image(path);
  if (image.is_float || image.bit_depth > 16) {
    throw Error(
        path.string() +
        " has floating point or 32-bit values, expected 8 or 16 bits where images are cut or resized; "
        "convert it");
  }
  auto grey = grey_from_pixels(image.pixels);
  grey = cut(grey, middle_of(grey.size(0), grey.size(1), crop, path));
  if (side > 0) grey = resize_image(grey, {side, side});
  write_grey_tiff(result, grey, image.bit_depth);
}

/// A label map in px of the whole image, written where the file is none by itself.
fs::path whole_labels_of(const BenchmarkImage& image, LabelCoding coding, const fs::path& folder) {
  if (coding == LabelCoding::kNumbers) return image.labels;
  const auto path = folder / "whole_labels" / (image.name + ".tif");
  if (!fs::exists(path)) write_label_map(path, read_benchmark_labels(image.labels, coding));
  return path;
}

}  // namespace

torch::Tensor read_benchmark_labels(const fs::path& path, LabelCoding coding) {
  if (coding == LabelCoding::kNumbers) return read_label_map(path);
  const Image image = read_image(path);
  if (image.is_float || image.bit_depth > 16)
    throw Error(path.string() + " holds no mask picture, expected 8 or 16 bits");
  return number_parts(image.pixels[0]);
}

PreparedImage prepare_benchmark_image(const BenchmarkImage& image, LabelCoding coding, int64_t crop,
                                      int64_t side, const fs::path& folder) {
  PreparedImage prepared{image.name, image.image, {}, {}};
  if (!image.labels.empty()) prepared.labels = prepared.whole_labels = whole_labels_of(image, coding, folder);
  if (crop == 0 && side == 0) return prepared;
  prepared.image = folder / "images" / (image.name + ".tif");
  if (!fs::exists(prepared.image)) write_prepared_image(image.image, prepared.image, crop, side);
  if (image.labels.empty()) return prepared;
  prepared.labels = folder / "labels" / (image.name + ".tif");
  if (fs::exists(prepared.labels)) return prepared;
  const auto labels = read_label_map(prepared.whole_labels);
  const ImageReader reader(image.image);
  const auto& frame = reader.frame();
  if (labels.size(0) != frame.height || labels.size(1) != frame.width) {
    throw Error(image.labels.string() + " has " + std::to_string(labels.size(0)) + "x" +
                std::to_string(labels.size(1)) + " px and its image " + std::to_string(frame.height) + "x" +
                std::to_string(frame.width) + ", expected the same size");
  }
  const auto window = middle_of(labels.size(0), labels.size(1), crop, image.labels);
  write_label_map(prepared.labels, resize_labels(cut(labels, window), side));
  return prepared;
}

double prepared_scale(const BenchmarkImage& image, int64_t crop, int64_t side) {
  if (side == 0) return 1;
  if (crop > 0) return static_cast<double>(side) / static_cast<double>(crop);
  const ImageReader reader(image.image);
  const auto pixels = static_cast<double>(reader.frame().height) * static_cast<double>(reader.frame().width);
  return static_cast<double>(side) / std::sqrt(pixels);
}

}  // namespace priorseg
