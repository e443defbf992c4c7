#include "priorseg/output/overlay.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/artefacts.h"
#include "priorseg/image/resample.h"
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

/// {height, width} of the picture of an image.
std::array<int64_t, 2> picture_size(int64_t height, int64_t width, int64_t max_side) {
  const double scale =
      std::min(1.0, static_cast<double>(max_side) / static_cast<double>(std::max(height, width)));
  const auto side = [scale](int64_t length) {
    return std::max<int64_t>(1, std::llround(static_cast<double>(length) * scale));
  };
  return {side(height), side(width)};
}

/// Labels at the size of the picture, renumbered 1, 2, ... in the order of their numbers.
struct SmallLabels {
  torch::Tensor map;  // [h,w] int32
  int64_t count = 0;
};

SmallLabels renumber(const torch::Tensor& labels) {
  SmallLabels small{torch::empty_like(labels)};
  const auto* from = labels.data_ptr<int32_t>();
  auto* to = small.map.data_ptr<int32_t>();
  // Neighbours are mostly alike: only changes of the label are looked up.
  std::vector<int32_t> numbers = {0};
  for (int64_t i = 0; i < labels.numel(); ++i)
    if (from[i] != numbers.back()) numbers.push_back(from[i]);
  numbers.push_back(0);
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  int32_t last = 0, number = 0;
  for (int64_t i = 0; i < labels.numel(); ++i) {
    if (from[i] != last) {
      last = from[i];
      number = static_cast<int32_t>(std::lower_bound(numbers.begin(), numbers.end(), last) - numbers.begin());
    }
    to[i] = number;
  }
  small.count = static_cast<int64_t>(numbers.size()) - 1;
  return small;
}

float percentile(std::vector<float>& values, double share) {
  const auto at = values.begin() + std::lround(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Up to about a million of the values [C,h,w], evenly spread, without artefacts; only those at labels > 0 if
/// labels are given.
std::vector<float> sample_of(const torch::Tensor& pixels, const torch::Tensor& artefacts,
                             const int32_t* labels) {
  constexpr int64_t kMostValues = 1'000'000;
  const int64_t plane = pixels.size(1) * pixels.size(2);
  const int64_t step = (pixels.numel() / kMostValues + 1) | 1;  // odd, so that all columns are visited
  const auto* value = pixels.data_ptr<float>();
  const auto* artefact = artefacts.data_ptr<uint8_t>();
  std::vector<float> values;
  for (int64_t i = 0; i < pixels.numel(); i += step)
    if (!artefact[i % plane] && (!labels || labels[i % plane] > 0)) values.push_back(value[i]);
  return values;
}

/// The grey values that become black and white.
std::pair<float, float> stretch_limits(const torch::Tensor& pixels, const torch::Tensor& artefacts,
                                       const SmallLabels* labels) {
  auto values = sample_of(pixels, artefacts, nullptr);
  if (values.empty()) return {0, 1};
  const float low = percentile(values, 0.005);
  float high = percentile(values, 0.998);
  // A few objects in a wide empty field are less than 0.2 % of it: they must not drown in white.
  if (labels && labels->count > 0) {
    values = sample_of(pixels, artefacts, labels->map.data_ptr<int32_t>());
    if (!values.empty()) high = std::max(high, percentile(values, 0.9));
  }
  if (high > low) return {low, high};
  const float lowest = pixels.min().item<float>(), highest = pixels.max().item<float>();
  return {lowest, highest > lowest ? highest : lowest + 1};  // a flat image becomes black
}

/// [C,h,w] to [h,w,3] uint8. A mostly dark picture is brightened in the dark, or dim objects would not be
/// seen.
torch::Tensor stretch(const torch::Tensor& pixels, const torch::Tensor& artefacts,
                      std::pair<float, float> limits) {
  constexpr double kMostlyDark = 0.25, kGamma = 0.6;
  constexpr int kSteps = 4096;  // of the table of brightnesses
  const double low = limits.first, difference = limits.second - low;
  const double range = difference > 0 ? difference : 1;  // of a flat image of huge values
  auto values = sample_of(pixels, artefacts, nullptr);
  const bool dark = !values.empty() && (percentile(values, 0.5) - low) / range < kMostlyDark;
  std::array<uint8_t, kSteps + 1> brightness;
  for (int i = 0; i <= kSteps; ++i)
    brightness[i] = static_cast<uint8_t>(
        std::lround(255 * std::pow(static_cast<double>(i) / kSteps, dark ? kGamma : 1.0)));
  const int64_t channels = pixels.size(0), plane = pixels.size(1) * pixels.size(2);
  auto picture = torch::empty({pixels.size(1), pixels.size(2), 3}, torch::kUInt8);
  const auto* from = pixels.data_ptr<float>();
  auto* to = picture.data_ptr<uint8_t>();
  const auto shown = [&](float value) {
    const double share = std::clamp((value - low) / range, 0.0, 1.0);
    return brightness[static_cast<size_t>(share * kSteps + 0.5)];
  };
  parallel_for(0, plane, 1 << 16, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const uint8_t red = shown(from[i]);
      to[3 * i] = red;
      to[3 * i + 1] = channels == 3 ? shown(from[plane + i]) : red;
      to[3 * i + 2] = channels == 3 ? shown(from[2 * plane + i]) : red;
    }
  });
  return picture;
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

/// Diagonal lines of a colour that no object has; specks and lines are coloured all over.
void hatch_artefacts(torch::Tensor& picture, const torch::Tensor& artefacts) {
  constexpr std::array<uint8_t, 3> kColour = {150, 60, 60};
  constexpr int64_t kApart = 8, kThickness = 2;  // px
  const int64_t height = artefacts.size(0), width = artefacts.size(1);
  const auto* artefact = artefacts.data_ptr<uint8_t>();
  auto* rgb = picture.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const auto kind = static_cast<ArtefactKind>(artefact[y * width + x]);
      const bool is_narrow = kind == ArtefactKind::kSpeck || kind == ArtefactKind::kLine;
      if (kind == ArtefactKind::kNone || (!is_narrow && (x + y) % kApart >= kThickness)) continue;
      std::copy(kColour.begin(), kColour.end(), rgb + 3 * (y * width + x));
    }
}

void draw_objects(torch::Tensor& picture, const SmallLabels& labels, int outline_width, double fill_opacity) {
  const auto colours = choose_colours(labels.map, labels.count);
  const int64_t height = labels.map.size(0), width = labels.map.size(1);
  const auto* label = labels.map.data_ptr<int32_t>();
  auto* rgb = picture.data_ptr<uint8_t>();
  parallel_for(0, height, 64, [&](int64_t first, int64_t last) {
    for (int64_t y = first; y < last; ++y)
      for (int64_t x = 0; x < width; ++x) {
        const int64_t i = y * width + x;
        if (label[i] == 0) continue;
        const double opacity = is_outline(label, height, width, y, x, outline_width) ? 1.0 : fill_opacity;
        const auto& colour = kLabelColours[colours[label[i]]];
        for (int c = 0; c < 3; ++c)
          rgb[3 * i + c] =
              static_cast<uint8_t>(std::lround(rgb[3 * i + c] * (1 - opacity) + colour[c] * opacity));
      }
  });
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

RunningOverlay::RunningOverlay(int64_t channels, int64_t height, int64_t width, const OverlayOptions& options)
    : options_(options), height_(height), width_(width) {
  options.validate();
  const auto size = picture_size(height, width, options.max_side);
  small_pixels_ = torch::empty({channels, size[0], size[1]});
  small_labels_ = torch::empty({size[0], size[1]}, torch::kInt32);
  small_artefacts_ = torch::zeros({size[0], size[1]}, torch::kUInt8);
  waiting_ = torch::empty({channels, 0, width});
}

void RunningOverlay::add_rows(const torch::Tensor& pixels, const torch::Tensor& labels,
                              const torch::Tensor& artefacts) {
  check_pixels(pixels);
  check_shape(pixels, {small_pixels_.size(0), std::nullopt, width_}, "pixels");
  check_shape(labels, {pixels.size(1), width_}, "labels");
  if (labels.scalar_type() != torch::kInt32) throw Error("labels has another type than int32");
  if (labels.min().item<int32_t>() < 0)
    throw Error("labels holds negative values; expected 0 for background, 1, 2, ...");
  if (rows_added_ + pixels.size(1) > height_) throw Error("more rows than the image has");
  if (artefacts.defined()) {
    check_shape(artefacts, {pixels.size(1), width_}, "artefacts");
    if (artefacts.scalar_type() != torch::kUInt8) throw Error("artefacts has another type than uint8");
    reduce_artefacts(artefacts.cpu().contiguous());
  }
  reduce_labels(labels.cpu().contiguous());
  reduce_pixels(pixels.cpu());
  rows_added_ += pixels.size(1);
}

/// The pixel in whose square the upper left corner of a pixel of the picture lies.
void RunningOverlay::reduce_labels(const torch::Tensor& labels) {
  const int64_t height = small_labels_.size(0), width = small_labels_.size(1);
  const auto* from = labels.data_ptr<int32_t>();
  auto* to = small_labels_.data_ptr<int32_t>();
  for (int64_t y = (rows_added_ * height + height_ - 1) / height_; y < height; ++y) {
    const int64_t row = y * height_ / height - rows_added_;
    if (row >= labels.size(0)) break;
    for (int64_t x = 0; x < width; ++x) to[y * width + x] = from[row * width_ + x * width_ / width];
  }
}

/// A pixel of the picture shows an artefact where one of its pixels is one.
void RunningOverlay::reduce_artefacts(const torch::Tensor& artefacts) {
  const int64_t height = small_labels_.size(0), width = small_labels_.size(1);
  const auto* from = artefacts.data_ptr<uint8_t>();
  auto* to = small_artefacts_.data_ptr<uint8_t>();
  for (int64_t row = 0; row < artefacts.size(0); ++row) {
    auto* line = to + (rows_added_ + row) * height / height_ * width;
    for (int64_t x = 0; x < width_; ++x) {
      auto& kind = line[x * width / width_];
      kind = std::max(kind, from[row * width_ + x]);
    }
  }
}

/// Averages over the area of each pixel of the picture.
void RunningOverlay::reduce_pixels(const torch::Tensor& pixels) {
  const std::array<int64_t, 2> size = {small_labels_.size(0), small_labels_.size(1)};
  const auto rows = waiting_.size(1) > 0 ? torch::cat({waiting_, pixels}, 1) : pixels;
  const RowRange source{rows_added_ - waiting_.size(1), rows_added_ + pixels.size(1)};
  int64_t ready = rows_reduced_;  // rows of the picture of which all is there
  while (ready < size[0] && source_rows(height_, size[0], {ready, ready + 1}).last <= source.last) ++ready;
  if (ready > rows_reduced_) {
    for (int64_t c = 0; c < rows.size(0); ++c)
      small_pixels_[c]
          .slice(0, rows_reduced_, ready)
          .copy_(torch::nan_to_num(resize_rows(rows[c], source, height_, size, {rows_reduced_, ready})));
    rows_reduced_ = ready;
  }
  const int64_t needed =
      ready < size[0] ? source_rows(height_, size[0], {ready, ready + 1}).first : source.last;
  waiting_ = rows.slice(1, needed - source.first).clone();
}

void RunningOverlay::check_complete() const {
  if (rows_added_ != height_)
    throw Error(std::to_string(height_ - rows_added_) + " rows of the image are missing");
}

torch::Tensor RunningOverlay::draw_overlay() const {
  check_complete();
  const SmallLabels labels = renumber(small_labels_);
  const auto limits = stretch_limits(small_pixels_, small_artefacts_, &labels);
  torch::Tensor picture = stretch(small_pixels_, small_artefacts_, limits);
  hatch_artefacts(picture, small_artefacts_);
  const int outline_width =
      options_.outline_width > 0 ? options_.outline_width : choose_outline_width(labels);
  draw_objects(picture, labels, outline_width, options_.fill_opacity);
  return picture;
}

torch::Tensor RunningOverlay::draw_image() const {
  check_complete();
  return stretch(small_pixels_, small_artefacts_, stretch_limits(small_pixels_, small_artefacts_, nullptr));
}

torch::Tensor draw_overlay(const torch::Tensor& pixels, const torch::Tensor& labels,
                           const OverlayOptions& options) {
  options.validate();
  check_pixels(pixels);
  RunningOverlay overlay(pixels.size(0), pixels.size(1), pixels.size(2), options);
  overlay.add_rows(pixels, labels);
  return overlay.draw_overlay();
}

torch::Tensor draw_image(const torch::Tensor& pixels, const OverlayOptions& options) {
  options.validate();
  check_pixels(pixels);
  RunningOverlay overlay(pixels.size(0), pixels.size(1), pixels.size(2), options);
  overlay.add_rows(pixels, torch::zeros({pixels.size(1), pixels.size(2)}, torch::kInt32));
  return overlay.draw_image();
}

}  // namespace priorseg
