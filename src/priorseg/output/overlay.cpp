#include "priorseg/output/overlay.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/output/label_colours.h"

namespace priorseg {
namespace {

void check_pixels(const torch::Tensor& pixels) {
  check_shape(pixels, {std::nullopt, std::nullopt, std::nullopt}, "pixels");
  if (pixels.scalar_type() != torch::kFloat32) throw Error("pixels has another type than float32");
  if ((pixels.size(0) != 1 && pixels.size(0) != 3) || pixels.numel() == 0)
    throw Error("pixels has " + std::to_string(pixels.size(0)) + " channels and " +
                std::to_string(pixels.numel()) + " values; expected 1 or 3 channels and at least one pixel");
}

cv::Size picture_size(int64_t height, int64_t width, int64_t max_side) {
  const double scale =
      std::min(1.0, static_cast<double>(max_side) / static_cast<double>(std::max(height, width)));
  const auto side = [scale](int64_t length) {
    return static_cast<int>(std::max<int64_t>(1, std::llround(static_cast<double>(length) * scale)));
  };
  return {side(width), side(height)};
}

/// [C,h,w]: every channel averaged down to the size of the picture.
torch::Tensor shrink_pixels(const torch::Tensor& pixels, cv::Size size) {
  const torch::Tensor whole = pixels.cpu().contiguous();
  torch::Tensor small = torch::empty({whole.size(0), size.height, size.width});
  for (int64_t c = 0; c < whole.size(0); ++c) {
    const cv::Mat from(static_cast<int>(whole.size(1)), static_cast<int>(whole.size(2)), CV_32F,
                       whole[c].data_ptr<float>());
    cv::Mat to(size, CV_32F, small[c].data_ptr<float>());
    cv::resize(from, to, size, 0, 0, cv::INTER_AREA);
  }
  return torch::nan_to_num(small);
}

/// Labels at the size of the picture, renumbered 1, 2, ... in the order of their numbers.
struct SmallLabels {
  torch::Tensor map;  // [h,w] int32
  int64_t count = 0;
};

SmallLabels shrink_labels(const torch::Tensor& labels, cv::Size size) {
  const torch::Tensor whole = labels.cpu().contiguous();
  SmallLabels small{torch::empty({size.height, size.width}, torch::kInt32)};
  const cv::Mat from(static_cast<int>(whole.size(0)), static_cast<int>(whole.size(1)), CV_32S,
                     whole.data_ptr<int32_t>());
  auto* values = small.map.data_ptr<int32_t>();
  cv::Mat to(size, CV_32S, values);
  cv::resize(from, to, size, 0, 0, cv::INTER_NEAREST);
  std::vector<int32_t> numbers(values, values + small.map.numel());
  numbers.push_back(0);
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (int64_t i = 0; i < small.map.numel(); ++i)
    values[i] =
        static_cast<int32_t>(std::lower_bound(numbers.begin(), numbers.end(), values[i]) - numbers.begin());
  small.count = static_cast<int64_t>(numbers.size()) - 1;
  return small;
}

float percentile(std::vector<float>& values, double share) {
  const auto at = values.begin() + std::lround(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// The grey values that become black and white.
std::pair<float, float> stretch_limits(const torch::Tensor& pixels, const SmallLabels* labels) {
  std::vector<float> values(pixels.data_ptr<float>(), pixels.data_ptr<float>() + pixels.numel());
  const float low = percentile(values, 0.005);
  float high = percentile(values, 0.998);
  // A few objects in a wide empty field are less than 0.2 % of it: they must not drown in white.
  if (labels && labels->count > 0) {
    const torch::Tensor inside = pixels.masked_select((labels->map > 0).unsqueeze(0));
    values.assign(inside.data_ptr<float>(), inside.data_ptr<float>() + inside.numel());
    high = std::max(high, percentile(values, 0.9));
  }
  if (high > low) return {low, high};
  const float lowest = pixels.min().item<float>(), highest = pixels.max().item<float>();
  return {lowest, highest > lowest ? highest : lowest + 1};  // a flat image becomes black
}

/// [C,h,w] to [h,w,3] uint8. A mostly dark picture is brightened in the dark, or dim objects would not be
/// seen.
torch::Tensor stretch(const torch::Tensor& pixels, std::pair<float, float> limits) {
  constexpr double kMostlyDark = 0.25, kGamma = 0.6;
  torch::Tensor scaled =
      pixels.sub(limits.first).div(static_cast<double>(limits.second) - limits.first).clamp(0, 1);
  if (scaled.median().item<double>() < kMostlyDark) scaled = scaled.pow(kGamma);
  return scaled.mul(255).round().to(torch::kUInt8).expand({3, -1, -1}).permute({1, 2, 0}).contiguous();
}

/// 2 px where the picture is large and its typical object too.
int choose_outline_width(const SmallLabels& labels) {
  constexpr int64_t kLargeSide = 1000, kLargeArea = 30 * 30;
  if (labels.count == 0 || std::max(labels.map.size(0), labels.map.size(1)) < kLargeSide) return 1;
  const torch::Tensor areas = labels.map.flatten().bincount({}, labels.count + 1).slice(0, 1);
  return areas.median().item<int64_t>() >= kLargeArea ? 2 : 1;
}

/// True where another label, background or the border of the picture is within `width` steps of a pixel.
bool is_outline(const int32_t* labels, int64_t height, int64_t width, int64_t y, int64_t x, int thickness) {
  const int32_t label = labels[y * width + x];
  for (int64_t dy = -thickness; dy <= thickness; ++dy)
    for (int64_t dx = std::abs(dy) - thickness; dx <= thickness - std::abs(dy); ++dx) {
      const int64_t v = y + dy, u = x + dx;
      if (v < 0 || v >= height || u < 0 || u >= width || labels[v * width + u] != label) return true;
    }
  return false;
}

void draw_objects(torch::Tensor& picture, const SmallLabels& labels, int outline_width, double fill_opacity) {
  const auto colours = choose_colours(labels.map, labels.count);
  const int64_t height = labels.map.size(0), width = labels.map.size(1);
  const auto* label = labels.map.data_ptr<int32_t>();
  auto* rgb = picture.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const int64_t i = y * width + x;
      if (label[i] == 0) continue;
      const double opacity = is_outline(label, height, width, y, x, outline_width) ? 1.0 : fill_opacity;
      const auto& colour = kLabelColours[colours[label[i]]];
      for (int c = 0; c < 3; ++c)
        rgb[3 * i + c] =
            static_cast<uint8_t>(std::lround(rgb[3 * i + c] * (1 - opacity) + colour[c] * opacity));
    }
}

}  // namespace

void OverlayOptions::validate() const {
  if (max_side < 16) throw Error("max_side is " + std::to_string(max_side) + ", expected 16 or more pixels");
  if (!(fill_opacity >= 0 && fill_opacity <= 1))
    throw Error("fill_opacity is " + std::to_string(fill_opacity) + ", expected 0 to 1");
  if (outline_width < 0 || outline_width > 8)
    throw Error("outline_width is " + std::to_string(outline_width) +
                ", expected 1 to 8 pixels, or 0 for automatic");
}

torch::Tensor draw_overlay(const torch::Tensor& pixels, const torch::Tensor& labels,
                           const OverlayOptions& options) {
  options.validate();
  check_pixels(pixels);
  check_shape(labels, {pixels.size(1), pixels.size(2)}, "labels");
  if (labels.scalar_type() != torch::kInt32) throw Error("labels has another type than int32");
  if (labels.min().item<int32_t>() < 0)
    throw Error("labels holds negative values; expected 0 for background, 1, 2, ...");
  const cv::Size size = picture_size(pixels.size(1), pixels.size(2), options.max_side);
  const torch::Tensor small = shrink_pixels(pixels, size);
  const SmallLabels small_labels = shrink_labels(labels, size);
  torch::Tensor picture = stretch(small, stretch_limits(small, &small_labels));
  const int outline_width =
      options.outline_width > 0 ? options.outline_width : choose_outline_width(small_labels);
  draw_objects(picture, small_labels, outline_width, options.fill_opacity);
  return picture;
}

torch::Tensor draw_image(const torch::Tensor& pixels, const OverlayOptions& options) {
  options.validate();
  check_pixels(pixels);
  const torch::Tensor small =
      shrink_pixels(pixels, picture_size(pixels.size(1), pixels.size(2), options.max_side));
  return stretch(small, stretch_limits(small, nullptr));
}

}  // namespace priorseg
