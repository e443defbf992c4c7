#include "priorseg/output/measurements.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
/// Over those pixels that have a value.
struct RunningMeasurements::ValueSums {
  int64_t count = 0;
  float min = std::numeric_limits<float>::infinity(), max = -std::numeric_limits<float>::infinity();
  double sum = 0;

  void add(float value) {
    if (std::isnan(value)) return;
    ++count;
    min = std::min(min, value);
    max = std::max(max, value);
    sum += value;
  }
};

/// Sums over the pixels of one object. Positions count from its first pixel, so that the integer sums stay
/// exact.
struct RunningMeasurements::Sums {
  int64_t first_x = 0, first_y = 0;
  int64_t area = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  int64_t x0 = 0, x1 = 0, y1 = 0;
  // Neighbours outside: of the 2 in the row, the 2 in the column and the 4 across.
  int64_t row_edges = 0, column_edges = 0, diagonal_edges = 0;
  ValueSums values;
  RunningHull hull;

  void add(int64_t column, int64_t row, float value) {
    if (area++ == 0) first_x = x0 = column, first_y = row;
    const int64_t u = column - first_x, v = row - first_y;
    x += u, y += v, xx += u * u, yy += v * v, xy += u * v;
    x0 = std::min(x0, column);
    x1 = std::max(x1, column + 1);
    y1 = row + 1;
    values.add(value);
    hull.add(column, row);
  }
};

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Larger pixels are those of a resolution for print that a program wrote by itself: 300 per inch are 85 um.
constexpr double kLargestPixelUm = 20;

/// Whether the size of a pixel can be believed.
bool is_size_of_pixel(double um) { return um > 0 && um <= kLargestPixelUm; }

/// Of an ellipse with the same second moments.
struct EllipseAxes {
  double major = 0, minor = 0, eccentricity = 0;
  double orientation = 0;  // degrees from y to x
};

/// From the covariance of the pixels. An ellipse with half-axis a has variance a^2 / 4 along it.
EllipseAxes ellipse_of(double xx, double yy, double xy) {
  const double middle = (xx + yy) / 2, half_gap = std::hypot((xx - yy) / 2, xy);
  const double largest = middle + half_gap, smallest = std::max(0.0, middle - half_gap);
  return {4 * std::sqrt(largest), 4 * std::sqrt(smallest),
          largest > 0 ? std::sqrt(1 - smallest / largest) : 0,
          0.5 * std::atan2(2 * xy, yy - xx) * 180 / std::numbers::pi};
}

/// Crofton: twice the perimeter is the number of border crossings, integrated over all lines. Here the lines
/// run through the pixel centres in 4 directions, each of which stands for those that are nearest to it.
/// @param x, y  from one pixel to the next.
template <class Sums>
double perimeter(const Sums& sums, double x, double y) {
  const double diagonal = std::atan2(y, x), quarter = std::numbers::pi / 4;
  return 0.5 * (static_cast<double>(sums.row_edges) * y * diagonal +
                static_cast<double>(sums.column_edges) * x * (2 * quarter - diagonal) +
                static_cast<double>(sums.diagonal_edges) * x * y / std::hypot(x, y) * quarter);
}

/// @param x, y  micrometres from one pixel to the next, 0 where they are not known.
template <class Sums>
void measure_shape(const Sums& sums, double x, double y, ObjectMeasurements& object) {
  const auto area = static_cast<double>(sums.area);
  const double mean_x = static_cast<double>(sums.x) / area, mean_y = static_cast<double>(sums.y) / area;
  const double xx = static_cast<double>(sums.xx) / area - mean_x * mean_x;
  const double yy = static_cast<double>(sums.yy) / area - mean_y * mean_y;
  const double xy = static_cast<double>(sums.xy) / area - mean_x * mean_y;
  object.centroid_x = static_cast<double>(sums.first_x) + mean_x + 0.5;
  object.centroid_y = static_cast<double>(sums.first_y) + mean_y + 0.5;
  const EllipseAxes ellipse = ellipse_of(xx, yy, xy);
  object.major_axis_length = ellipse.major;
  object.minor_axis_length = ellipse.minor;
  object.eccentricity = ellipse.eccentricity;
  object.orientation = ellipse.orientation;
  object.perimeter = perimeter(sums, 1, 1);
  const bool is_known = is_size_of_pixel(x) && is_size_of_pixel(y);
  const double unit_x = is_known ? x : kUnknown, unit_y = is_known ? y : kUnknown;
  const EllipseAxes in_um = ellipse_of(xx * unit_x * unit_x, yy * unit_y * unit_y, xy * unit_x * unit_y);
  object.area_um2 = area * unit_x * unit_y;
  object.major_axis_length_um = in_um.major;
  object.minor_axis_length_um = is_known ? in_um.minor : kUnknown;
  object.perimeter_um = perimeter(sums, unit_x, unit_y);
  object.convex_area = sums.hull.area();
  object.feret = sums.hull.feret_diameters(1, 1);
  object.feret_um = sums.hull.feret_diameters(unit_x, unit_y);
}

template <class ValueSums>
Intensities intensities_of(const ValueSums& sums) {
  if (sums.count == 0) return {kUnknown, kUnknown, kUnknown, kUnknown};
  return {sums.sum / static_cast<double>(sums.count), sums.min, sums.max, sums.sum};
}

template <class Sums>
ObjectMeasurements measure(const Sums& sums, double um_per_pixel_x, double um_per_pixel_y) {
  ObjectMeasurements object;
  object.area = sums.area;
  object.x0 = sums.x0;
  object.y0 = sums.first_y;
  object.x1 = sums.x1;
  object.y1 = sums.y1;
  measure_shape(sums, um_per_pixel_x, um_per_pixel_y, object);
  const Intensities values = intensities_of(sums.values);
  object.min_intensity = values.min;
  object.max_intensity = values.max;
  object.sum_intensity = values.sum;
  object.mean_intensity = values.mean;
  return object;
}

}  // namespace

RunningMeasurements::RunningMeasurements(int64_t width, const PixelSize& pixel_size)
    : width_(width),
      um_per_pixel_x_(pixel_size.um_per_pixel_x()),
      um_per_pixel_y_(pixel_size.um_per_pixel_y()),
      previous_row_(static_cast<size_t>(width) + 2, 0),
      current_row_(static_cast<size_t>(width) + 2, 0) {}

RunningMeasurements::~RunningMeasurements() = default;

/// Every pair of neighbours between two rows is a border crossing of both its labels. The rows have a zero at
/// each end.
void RunningMeasurements::count_edges(const int32_t* upper, const int32_t* lower) {
  const auto count = [&](int32_t a, int32_t b, int64_t Sums::*edges) {
    if (a == b) return;
    if (a != 0) ++(sums_[a - 1].*edges);
    if (b != 0) ++(sums_[b - 1].*edges);
  };
  for (int64_t x = 0; x <= width_; ++x) {  // pairs of columns x and x + 1 of the rows with their ends
    if ((upper[x] | upper[x + 1] | lower[x] | lower[x + 1]) == 0) continue;
    count(lower[x], lower[x + 1], &Sums::row_edges);
    count(upper[x + 1], lower[x + 1], &Sums::column_edges);
    count(upper[x], lower[x + 1], &Sums::diagonal_edges);
    count(upper[x + 1], lower[x], &Sums::diagonal_edges);
  }
}

void RunningMeasurements::add_row(const int32_t* labels, const float* values, int64_t channel_step,
                                  int64_t channels) {
  for (int64_t x = 0; x < width_; ++x) {
    if (labels[x] == 0) continue;
    double total = 0;
    for (int64_t c = 0; c < channels; ++c) total += values[c * channel_step + x];
    Sums& sums = sums_[labels[x] - 1];
    if (sums.area == 0) open_.push_back(static_cast<size_t>(labels[x] - 1));
    sums.add(x, next_row_, static_cast<float>(total / static_cast<double>(channels)));
  }
  std::copy_n(labels, width_, current_row_.begin() + 1);
  count_edges(previous_row_.data(), current_row_.data());
  previous_row_.swap(current_row_);
  ++next_row_;
}

/// Of objects that do not reach the last row. Where more of one comes yet, its hull grows again.
void RunningMeasurements::compact_hulls() {
  std::erase_if(open_, [&](size_t entry) {
    const bool is_over = sums_[entry].y1 < next_row_;
    if (is_over) sums_[entry].hull.compact();
    return is_over;
  });
}

void RunningMeasurements::add_channels(const torch::Tensor& labels, const torch::Tensor& channels) {
  check_shape(channels, {std::nullopt, labels.size(0), width_}, "channels");
  if (channels.scalar_type() != torch::kFloat32) throw Error("channels has another type than float32");
  if (num_channels_ > 0 && channels.size(0) != num_channels_)
    throw Error(std::to_string(channels.size(0)) + " channels after " + std::to_string(num_channels_));
  num_channels_ = channels.size(0);
  channel_sums_.resize(sums_.size() * static_cast<size_t>(num_channels_));
  const auto values = channels.cpu().contiguous();
  const int32_t* label = labels.data_ptr<int32_t>();
  for (int64_t channel = 0; channel < num_channels_; ++channel) {
    const float* value = values.data_ptr<float>() + channel * labels.numel();
    for (int64_t i = 0; i < labels.numel(); ++i)
      if (label[i] != 0)
        channel_sums_[static_cast<size_t>((label[i] - 1) * num_channels_ + channel)].add(value[i]);
  }
}

void RunningMeasurements::add_rows(const torch::Tensor& labels, const torch::Tensor& pixels,
                                   const torch::Tensor& channels) {
  check_shape(labels, {std::nullopt, width_}, "labels");
  check_shape(pixels, {std::nullopt, labels.size(0), width_}, "pixels");
  if (labels.scalar_type() != torch::kInt32) throw Error("labels has another type than int32");
  if (pixels.scalar_type() != torch::kFloat32) throw Error("pixels has another type than float32");
  if (pixels.size(0) < 1) throw Error("pixels has no channel");
  if (labels.numel() == 0) return;
  if (labels.min().item<int32_t>() < 0)
    throw Error("labels holds negative values; expected 0 for background, 1, 2, ...");
  const int64_t highest = labels.max().item<int32_t>();
  constexpr int64_t kAlwaysAllowed = 1 << 20;  // entries of a table that costs little
  if (highest > std::max((next_row_ + labels.size(0)) * width_, kAlwaysAllowed))
    throw Error("labels go up to " + std::to_string(highest) +
                ", more than the image has pixels; number them 1, 2, ...");
  if (highest > std::ssize(sums_)) sums_.resize(static_cast<size_t>(highest));
  const auto rows = labels.cpu().contiguous(), values = pixels.cpu().contiguous();
  const int64_t channel_step = rows.numel();
  for (int64_t y = 0; y < rows.size(0); ++y)
    add_row(rows.data_ptr<int32_t>() + y * width_, values.data_ptr<float>() + y * width_, channel_step,
            values.size(0));
  compact_hulls();
  if (channels.defined()) add_channels(rows, channels);
}

std::vector<ObjectMeasurements> RunningMeasurements::finish(const std::vector<float>& scores) {
  if (!scores.empty() && scores.size() < sums_.size())
    throw Error(std::to_string(scores.size()) + " scores for labels up to " + std::to_string(sums_.size()));
  channel_sums_.resize(sums_.size() * static_cast<size_t>(num_channels_));
  // Below the last row is background.
  std::fill(current_row_.begin(), current_row_.end(), 0);
  count_edges(previous_row_.data(), current_row_.data());
  std::vector<ObjectMeasurements> objects;
  objects.reserve(static_cast<size_t>(
      std::count_if(sums_.begin(), sums_.end(), [](const Sums& sums) { return sums.area > 0; })));
  for (size_t i = 0; i < sums_.size(); ++i) {
    if (sums_[i].area == 0) continue;
    objects.push_back(measure(sums_[i], um_per_pixel_x_, um_per_pixel_y_));
    sums_[i].hull = {};  // of an image with a million objects all are much
    objects.back().label = static_cast<int32_t>(i) + 1;
    objects.back().score = scores.empty() ? std::numeric_limits<double>::quiet_NaN() : scores[i];
    for (size_t c = 0; c < static_cast<size_t>(num_channels_); ++c)
      objects.back().channels.push_back(
          intensities_of(channel_sums_[i * static_cast<size_t>(num_channels_) + c]));
  }
  return objects;
}

std::vector<ObjectMeasurements> measure_objects(const torch::Tensor& labels, const torch::Tensor& pixels,
                                                const std::vector<float>& scores) {
  check_shape(labels, {std::nullopt, std::nullopt}, "labels");
  RunningMeasurements measurements(labels.size(1));
  measurements.add_rows(labels, pixels);
  return measurements.finish(scores);
}

}  // namespace priorseg
