#include "priorseg/output/measurements.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

/// Sums over the pixels of one object. Positions count from its first pixel, so that the integer sums stay
/// exact.
struct Sums {
  int64_t first_x = 0, first_y = 0;
  int64_t area = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  int64_t x0 = 0, x1 = 0, y1 = 0;
  int64_t straight_edges = 0,
          diagonal_edges = 0;  // neighbours, of the 4 beside and the 4 across, that are outside
  float min = std::numeric_limits<float>::infinity(), max = -std::numeric_limits<float>::infinity();
  double intensity = 0;

  void add(int64_t column, int64_t row, float value) {
    if (area++ == 0) first_x = x0 = column, first_y = row;
    const int64_t u = column - first_x, v = row - first_y;
    x += u, y += v, xx += u * u, yy += v * v, xy += u * v;
    x0 = std::min(x0, column);
    x1 = std::max(x1, column + 1);
    y1 = row + 1;
    min = std::min(min, value);
    max = std::max(max, value);
    intensity += value;
  }
};

/// The three label rows around a pixel; outside the image is background.
struct Rows {
  std::array<const int32_t*, 3> row;
  int64_t width;

  int32_t at(int dy, int64_t x) const { return row[dy + 1] && x >= 0 && x < width ? row[dy + 1][x] : 0; }
};

void count_edges(const Rows& rows, int64_t x, int32_t label, Sums& sums) {
  sums.straight_edges += (rows.at(0, x - 1) != label) + (rows.at(0, x + 1) != label) +
                         (rows.at(-1, x) != label) + (rows.at(1, x) != label);
  sums.diagonal_edges += (rows.at(-1, x - 1) != label) + (rows.at(-1, x + 1) != label) +
                         (rows.at(1, x - 1) != label) + (rows.at(1, x + 1) != label);
}

std::vector<Sums> sum_up(const torch::Tensor& labels, const torch::Tensor& pixels, int64_t num_labels) {
  const int64_t height = labels.size(0), width = labels.size(1), channels = pixels.size(0);
  const auto* label = labels.data_ptr<int32_t>();
  const auto* value = pixels.data_ptr<float>();
  std::vector<Sums> sums(static_cast<size_t>(num_labels));
  for (int64_t y = 0; y < height; ++y) {
    const auto row = [&](int64_t r) { return r >= 0 && r < height ? label + r * width : nullptr; };
    const Rows rows{{row(y - 1), row(y), row(y + 1)}, width};
    for (int64_t x = 0; x < width; ++x) {
      const int32_t l = rows.row[1][x];
      if (l == 0) continue;
      double total = 0;
      for (int64_t c = 0; c < channels; ++c) total += value[(c * height + y) * width + x];
      sums[l - 1].add(x, y, static_cast<float>(total / static_cast<double>(channels)));
      count_edges(rows, x, l, sums[l - 1]);
    }
  }
  return sums;
}

void measure_ellipse(const Sums& sums, ObjectMeasurements& object) {
  const auto area = static_cast<double>(sums.area);
  const double mean_x = static_cast<double>(sums.x) / area, mean_y = static_cast<double>(sums.y) / area;
  const double xx = static_cast<double>(sums.xx) / area - mean_x * mean_x;
  const double yy = static_cast<double>(sums.yy) / area - mean_y * mean_y;
  const double xy = static_cast<double>(sums.xy) / area - mean_x * mean_y;
  object.centroid_x = static_cast<double>(sums.first_x) + mean_x + 0.5;
  object.centroid_y = static_cast<double>(sums.first_y) + mean_y + 0.5;
  // Eigenvalues of the covariance matrix; an ellipse with half-axis a has variance a^2 / 4 along it.
  const double middle = (xx + yy) / 2, half_gap = std::hypot((xx - yy) / 2, xy);
  const double largest = middle + half_gap, smallest = std::max(0.0, middle - half_gap);
  object.major_axis_length = 4 * std::sqrt(largest);
  object.minor_axis_length = 4 * std::sqrt(smallest);
  object.eccentricity = largest > 0 ? std::sqrt(1 - smallest / largest) : 0;
  object.orientation = 0.5 * std::atan2(2 * xy, yy - xx) * 180 / std::numbers::pi;
}

/// Crofton: twice the perimeter is the number of border crossings, integrated over all lines. Here the lines
/// run through the pixel centres in 4 directions; diagonal ones lie 1/sqrt(2) px apart.
double perimeter(const Sums& sums) {
  return std::numbers::pi / 8 *
         (static_cast<double>(sums.straight_edges) +
          static_cast<double>(sums.diagonal_edges) / std::numbers::sqrt2);
}

ObjectMeasurements measure(const Sums& sums) {
  ObjectMeasurements object;
  object.area = sums.area;
  object.x0 = sums.x0;
  object.y0 = sums.first_y;
  object.x1 = sums.x1;
  object.y1 = sums.y1;
  measure_ellipse(sums, object);
  object.perimeter = perimeter(sums);
  object.min_intensity = sums.min;
  object.max_intensity = sums.max;
  object.sum_intensity = sums.intensity;
  object.mean_intensity = sums.intensity / static_cast<double>(sums.area);
  return object;
}

/// Checks the labels and returns the highest.
int64_t highest_label(const torch::Tensor& labels) {
  if (labels.numel() == 0) return 0;
  if (labels.min().item<int32_t>() < 0)
    throw Error("labels holds negative values; expected 0 for background, 1, 2, ...");
  const int64_t highest = labels.max().item<int32_t>();
  constexpr int64_t kAlwaysAllowed = 1 << 20;  // entries of a table that costs little
  if (highest > std::max(labels.numel(), kAlwaysAllowed))
    throw Error("labels go up to " + std::to_string(highest) +
                ", more than the image has pixels; number them 1, 2, ...");
  return highest;
}

}  // namespace

std::vector<ObjectMeasurements> measure_objects(const torch::Tensor& labels, const torch::Tensor& pixels,
                                                const std::vector<float>& scores) {
  check_shape(labels, {std::nullopt, std::nullopt}, "labels");
  check_shape(pixels, {std::nullopt, labels.size(0), labels.size(1)}, "pixels");
  if (labels.scalar_type() != torch::kInt32) throw Error("labels has another type than int32");
  if (pixels.scalar_type() != torch::kFloat32) throw Error("pixels has another type than float32");
  if (pixels.size(0) < 1) throw Error("pixels has no channel");
  const int64_t num_labels = highest_label(labels);
  if (!scores.empty() && static_cast<int64_t>(scores.size()) < num_labels)
    throw Error(std::to_string(scores.size()) + " scores for labels up to " + std::to_string(num_labels));
  const auto sums = sum_up(labels.cpu().contiguous(), pixels.cpu().contiguous(), num_labels);
  std::vector<ObjectMeasurements> objects;
  for (size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].area == 0) continue;
    objects.push_back(measure(sums[i]));
    objects.back().label = static_cast<int32_t>(i) + 1;
    objects.back().score = scores.empty() ? std::numeric_limits<double>::quiet_NaN() : scores[i];
  }
  return objects;
}

}  // namespace priorseg
