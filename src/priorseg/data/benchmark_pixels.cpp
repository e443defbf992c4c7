#include "priorseg/data/benchmark_pixels.h"

#include <torch/types.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <set>

#include "priorseg/core/error.h"
#include "priorseg/image/channel.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
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

/// Beginnings of as many pieces of `crop` px as fit beside each other, evenly spread.
std::vector<int64_t> places(int64_t length, int64_t crop) {
  const int64_t count = length / crop;
  if (count == 1) return {(length - crop) / 2};
  std::vector<int64_t> first;
  for (int64_t i = 0; i < count; ++i) first.push_back(i * (length - crop) / (count - 1));
  return first;
}

std::vector<Window> windows_of(int64_t height, int64_t width, const CropRule& rule, const fs::path& file) {
  const int64_t crop = rule.crop, least = crop + 2 * rule.border;
  if (crop == 0) return {{0, 0, height, width}};
  if (height < least || width < least) {
    throw Error(file.string() + " has " + std::to_string(height) + "x" + std::to_string(width) +
                " px, expected at least " + std::to_string(least) + "x" + std::to_string(least) +
                " for a crop of " + std::to_string(crop));
  }
  std::vector<Window> windows;
  for (const int64_t top : places(height - 2 * rule.border, crop))
    for (const int64_t left : places(width - 2 * rule.border, crop))
      windows.push_back({rule.border + top, rule.border + left, crop, crop});
  return windows;
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

/// The grey image of which crops are made.
torch::Tensor read_grey(const fs::path& path, int& bit_depth) {
  const Image image = read_image(path);
  if (image.is_float() || image.bit_depth > 16) {
    throw Error(
        path.string() +
        " has floating point or 32-bit values, expected 8 or 16 bits where images are cut or resized; "
        "convert it");
  }
  bit_depth = image.bit_depth;
  return grey_from_pixels(image.pixels, ImageChannel::kGrey, image.quantum);
}

void write_images(const fs::path& path, const PreparedSource& source, const std::vector<Window>& windows,
                  int64_t side) {
  int bit_depth = 8;
  torch::Tensor grey;  // read when the first file is found missing
  for (size_t i = 0; i < windows.size(); ++i) {
    if (fs::exists(source.crops[i].image)) continue;
    if (!grey.defined()) grey = read_grey(path, bit_depth);
    auto piece = cut(grey, windows[i]);
    if (side > 0) piece = resize_image(piece, {side, side});
    write_grey_tiff(source.crops[i].image, piece, bit_depth);
  }
}

void write_labels(const BenchmarkImage& image, const PreparedSource& source,
                  const std::vector<Window>& windows, int64_t side, const ImageInfo& info) {
  torch::Tensor labels;
  for (size_t i = 0; i < windows.size(); ++i) {
    if (fs::exists(source.crops[i].labels)) continue;
    if (!labels.defined()) labels = read_label_map(source.whole_labels);
    if (labels.size(0) != info.height || labels.size(1) != info.width) {
      throw Error(image.labels.string() + " has " + std::to_string(labels.size(0)) + "x" +
                  std::to_string(labels.size(1)) + " px and its image " + std::to_string(info.height) + "x" +
                  std::to_string(info.width) + ", expected the same size");
    }
    write_label_map(source.crops[i].labels, resize_labels(cut(labels, windows[i]), side));
  }
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
  if (image.is_float() || image.bit_depth > 16)
    throw Error(path.string() + " holds no mask picture, expected 8 or 16 bits");
  return number_parts(image.pixels[0]);
}

PreparedSource prepare_benchmark_image(const BenchmarkImage& image, LabelCoding coding, const CropRule& rule,
                                       const fs::path& folder) {
  PreparedSource source{image.name, {}, {}};
  if (!image.labels.empty()) source.whole_labels = whole_labels_of(image, coding, folder);
  if (rule.crop == 0 && rule.side == 0) {
    source.crops.push_back({image.name, image.image, source.whole_labels});
    return source;
  }
  const ImageReader reader(image.image);
  const auto& info = reader.info();
  const auto windows = windows_of(info.height, info.width, rule, image.image);
  for (const auto& window : windows) {
    const auto name =
        rule.crop == 0 ? image.name
                       : image.name + "_y" + std::to_string(window.top) + "_x" + std::to_string(window.left);
    source.crops.push_back({name, folder / "images" / (name + ".tif"), {}});
    if (!image.labels.empty()) source.crops.back().labels = folder / "labels" / (name + ".tif");
  }
  write_images(image.image, source, windows, rule.side);
  if (!image.labels.empty()) write_labels(image, source, windows, rule.side, info);
  return source;
}

std::vector<PreparedImage> all_crops(const std::vector<PreparedSource>& sources) {
  std::vector<PreparedImage> crops;
  for (const auto& source : sources) crops.insert(crops.end(), source.crops.begin(), source.crops.end());
  return crops;
}

double prepared_scale(const BenchmarkImage& image, const CropRule& rule) {
  if (rule.side == 0) return 1;
  if (rule.crop > 0) return static_cast<double>(rule.side) / static_cast<double>(rule.crop);
  const ImageReader reader(image.image);
  const auto pixels = static_cast<double>(reader.info().height) * static_cast<double>(reader.info().width);
  return static_cast<double>(rule.side) / std::sqrt(pixels);
}

}  // namespace priorseg
