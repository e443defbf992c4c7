#include "priorseg/image/background.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/core/parallel.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/opencv_view.h"

namespace priorseg {
namespace {

constexpr double kBackgroundWindow = 4;  // side of the window of the local background in largest object sizes
constexpr double kBackgroundQuantile = 0.3;  // of the window

RowRange window_of(double centre, double reach, int64_t length) {
  return {std::max<int64_t>(0, std::llround(centre - reach)),
          std::min<int64_t>(length, std::llround(centre + reach) + 1)};
}

double node_place(int64_t node, int64_t num_nodes, int64_t length) {
  return (static_cast<double>(node) + 0.5) * static_cast<double>(length) / static_cast<double>(num_nodes);
}

/// The four nodes that cubic convolution (Keys 1981, a = -0.75 as in OpenCV) reads at a pixel, and their
/// weights.
struct CubicTaps {
  std::array<int, 4> node;
  std::array<float, 4> weight;
};

CubicTaps cubic_taps(int64_t pixel, int64_t length, int num_nodes) {
  const double place = (static_cast<double>(pixel) + 0.5) * num_nodes / static_cast<double>(length) - 0.5;
  const double first = std::floor(place), x = place - first, a = -0.75;
  const auto outer = [a](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  const auto inner = [a](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const std::array<double, 4> weights = {outer(1 + x), inner(x), inner(1 - x), outer(2 - x)};
  CubicTaps taps;
  for (int i = 0; i < 4; ++i) {
    taps.node[i] = std::clamp(static_cast<int>(first) - 1 + i, 0, num_nodes - 1);
    taps.weight[i] = static_cast<float>(weights[i]);
  }
  return taps;
}

/// NaN without values.
float background_quantile(std::vector<float>& values) {
  if (values.empty()) return std::numeric_limits<float>::quiet_NaN();
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(kBackgroundQuantile *
                                                                  static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

/// Nodes that are NaN get the mean of their neighbours, from the known ones outwards; 0 where none is known.
void fill_unknown(cv::Mat& nodes) {
  cv::Mat known = nodes == nodes;
  if (cv::countNonZero(known) == 0) nodes.setTo(0);
  while (cv::countNonZero(known) > 0 && cv::countNonZero(known) < static_cast<int>(nodes.total())) {
    cv::Mat values = nodes.clone(), weight, sum, count;
    values.setTo(0, ~known);
    known.convertTo(weight, CV_32F, 1.0 / 255);
    cv::boxFilter(values, sum, CV_32F, {3, 3}, {-1, -1}, /*normalize=*/false, cv::BORDER_CONSTANT);
    cv::boxFilter(weight, count, CV_32F, {3, 3}, {-1, -1}, /*normalize=*/false, cv::BORDER_CONSTANT);
    const cv::Mat ready = (count > 0.5) & ~known;
    cv::Mat(sum / count).copyTo(nodes, ready);
    known |= ready;
  }
}

float median_of(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

constexpr int64_t kSlopeCells = 12;   // a side
constexpr int64_t kLeastCell = 8;     // px
constexpr double kLeastRise = 6;      // noise sigmas
constexpr double kMostUneven = 0.15;  // of the rise over the image: what a slope of light leaves

/// The background of parts of an image, NaN where there is no picture.
cv::Mat background_of_cells(const torch::Tensor& grey) {
  const int64_t height = grey.size(0), width = grey.size(1);
  const auto count = [](int64_t length) {
    return static_cast<int>(std::clamp<int64_t>(length / kLeastCell, 1, kSlopeCells));
  };
  cv::Mat cells(count(height), count(width), CV_32F);
  const auto values = grey.accessor<float, 2>();
  const int64_t stride = std::max<int64_t>(1, std::min(height / cells.rows, width / cells.cols) / 48);
  std::vector<float> sample;
  for (int row = 0; row < cells.rows; ++row)
    for (int column = 0; column < cells.cols; ++column) {
      sample.clear();
      for (int64_t y = row * height / cells.rows; y < (row + 1) * height / cells.rows; y += stride)
        for (int64_t x = column * width / cells.cols; x < (column + 1) * width / cells.cols; x += stride)
          if (!std::isnan(values[y][x])) sample.push_back(values[y][x]);
      cells.at<float>(row, column) = background_quantile(sample);
    }
  return cells;
}

/// Median of the slopes between any two cells of a row (Theil 1950), per cell.
double slope_across(const cv::Mat& cells) {
  std::vector<float> slopes;
  for (int row = 0; row < cells.rows; ++row)
    for (int a = 0; a < cells.cols; ++a)
      for (int b = a + 1; b < cells.cols; ++b) {
        const float slope = (cells.at<float>(row, b) - cells.at<float>(row, a)) / static_cast<float>(b - a);
        if (!std::isnan(slope)) slopes.push_back(slope);
      }
  return slopes.empty() ? 0 : median_of(std::move(slopes));
}

/// Median distance of the cells from a plane.
double unevenness(const cv::Mat& cells, double down, double across) {
  std::vector<float> rest;
  for (int row = 0; row < cells.rows; ++row)
    for (int column = 0; column < cells.cols; ++column) {
      const double value = cells.at<float>(row, column) - down * row - across * column;
      if (!std::isnan(value)) rest.push_back(static_cast<float>(value));
    }
  if (rest.empty()) return 0;
  const float middle = median_of(rest);
  for (float& value : rest) value = std::abs(value - middle);
  return median_of(std::move(rest));
}

/// The image without a slope; the middle keeps its grey value.
torch::Tensor without_slope(const torch::Tensor& grey, const LightSlope& slope) {
  const auto places = [](int64_t length) {
    return torch::arange(length, torch::kFloat32) - static_cast<double>(length - 1) / 2;
  };
  return grey - (slope.down * places(grey.size(0)).unsqueeze(1) + slope.across * places(grey.size(1)));
}

}  // namespace

struct BackgroundGrid::Nodes {
  cv::Mat values;
};

BackgroundGrid::BackgroundGrid(int64_t height, int64_t width, double max_size)
    : height_(height),
      width_(width),
      reach_(kBackgroundWindow * max_size / 2),
      nodes_(std::make_unique<Nodes>()) {
  const auto count = [max_size](int64_t length) {
    return static_cast<int>(std::max<int64_t>(1, std::llround(static_cast<double>(length) / max_size)));
  };
  nodes_->values.create(count(height), count(width), CV_32F);
}

BackgroundGrid::~BackgroundGrid() = default;
BackgroundGrid::BackgroundGrid(BackgroundGrid&&) noexcept = default;

int64_t BackgroundGrid::num_rows() const { return nodes_->values.rows; }

RowRange BackgroundGrid::rows_of_node(int64_t node_row) const {
  return window_of(node_place(node_row, num_rows(), height_), reach_, height_);
}

void BackgroundGrid::measure(int64_t node_row, const torch::Tensor& rows, RowRange source) {
  const RowRange window = rows_of_node(node_row);
  check_shape(rows, {source.last - source.first, width_}, "rows");
  const auto values = rows.accessor<float, 2>();
  // A sparse sample is enough.
  const auto stride = std::max<int64_t>(1, (window.last - window.first) / 48);
  const int64_t columns = nodes_->values.cols;
  parallel_for(0, columns, 4, [&](int64_t begin, int64_t end) {
    std::vector<float> sample;
    for (int64_t node = begin; node < end; ++node) {
      const RowRange across = window_of(node_place(node, columns, width_), reach_, width_);
      sample.clear();
      for (int64_t y = window.first; y < window.last; y += stride)
        for (int64_t x = across.first; x < across.last; x += stride)
          if (const float value = values[y - source.first][x]; !std::isnan(value)) sample.push_back(value);
      nodes_->values.at<float>(static_cast<int>(node_row), static_cast<int>(node)) =
          background_quantile(sample);
    }
  });
}

void BackgroundGrid::smooth(const ImageStatistics& statistics) {
  fill_unknown(nodes_->values);
  nodes_->values = cv::min(nodes_->values, statistics.background + 0.5 * statistics.threshold);
  cv::GaussianBlur(nodes_->values, nodes_->values, {}, 1.0, 0, cv::BORDER_REPLICATE);
}

torch::Tensor BackgroundGrid::whole() const {
  auto result = torch::empty({height_, width_}, torch::kFloat32);
  cv::Mat to = view_of(result);
  cv::resize(nodes_->values, to, to.size(), 0, 0, cv::INTER_CUBIC);
  return result;
}

torch::Tensor BackgroundGrid::window(const ImageWindow& wanted) const {
  const cv::Mat& nodes = nodes_->values;
  std::vector<CubicTaps> across;
  for (int64_t x = wanted.columns.first; x < wanted.columns.last; ++x)
    across.push_back(cubic_taps(x, width_, nodes.cols));
  auto result = torch::empty({wanted.height(), wanted.width()}, torch::kFloat32);
  parallel_for(0, wanted.height(), 16, [&](int64_t begin, int64_t end) {
    std::vector<float> line(static_cast<size_t>(nodes.cols));
    for (int64_t y = begin; y < end; ++y) {
      const auto down = cubic_taps(wanted.rows.first + y, height_, nodes.rows);
      std::fill(line.begin(), line.end(), 0.0f);
      for (int k = 0; k < 4; ++k)
        for (int x = 0; x < nodes.cols; ++x) line[x] += down.weight[k] * nodes.at<float>(down.node[k], x);
      float* to = result.data_ptr<float>() + y * wanted.width();
      for (size_t x = 0; x < across.size(); ++x) {
        float sum = 0;
        for (int k = 0; k < 4; ++k) sum += across[x].weight[k] * line[across[x].node[k]];
        to[x] = sum;
      }
    }
  });
  return result;
}

torch::Tensor BackgroundGrid::nodes() const {
  cv::Mat& values = nodes_->values;
  return torch::from_blob(values.data, {values.rows, values.cols}, torch::kFloat32).clone();
}

void BackgroundGrid::set_nodes(const torch::Tensor& nodes) {
  cv::Mat& values = nodes_->values;
  check_shape(nodes, {values.rows, values.cols}, "nodes");
  torch::from_blob(values.data, {values.rows, values.cols}, torch::kFloat32).copy_(nodes);
}

float BackgroundGrid::at(int64_t y, int64_t x) const {
  const auto down = cubic_taps(y, height_, nodes_->values.rows),
             across = cubic_taps(x, width_, nodes_->values.cols);
  float sum = 0;
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 4; ++k)
      sum += down.weight[i] * across.weight[k] * nodes_->values.at<float>(down.node[i], across.node[k]);
  return sum;
}

torch::Tensor flatten_background(const torch::Tensor& grey, const ImageStatistics& statistics,
                                 double max_size) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0) return grey.clone();
  const auto source = grey.contiguous();
  const RowRange all{0, grey.size(0)};
  BackgroundGrid background(grey.size(0), grey.size(1), max_size);
  for (int64_t row = 0; row < background.num_rows(); ++row) background.measure(row, source, all);
  background.smooth(statistics);
  return source - background.whole();
}

LightSlope slope_of_light(const torch::Tensor& given, double quantum) {
  check_shape(given, {std::nullopt, std::nullopt}, "grey");
  if (given.numel() == 0) return {};
  const auto grey = given.contiguous();
  const cv::Mat cells = background_of_cells(grey);
  const double across = slope_across(cells), down = slope_across(cells.t());
  const double rise = std::abs(across) * (cells.cols - 1) + std::abs(down) * (cells.rows - 1);
  if (rise <= 0 || unevenness(cells, down, across) > kMostUneven * rise) return {};
  const LightSlope slope{down * cells.rows / static_cast<double>(grey.size(0)),
                         across * cells.cols / static_cast<double>(grey.size(1))};
  const auto even = measure_image(without_slope(grey, slope), quantum, true);
  return rise > std::max(even.threshold, kLeastRise * even.noise) ? slope : LightSlope{};
}

FlatImage flatten_image(const torch::Tensor& given, double quantum, const IntensityOptions& options,
                        double max_size, double objects_from) {
  auto grey = given;
  const bool withstand = options.withstand_artefacts;
  if (std::isfinite(objects_from)) {
    const auto statistics = measure_image(grey, quantum, withstand, objects_from);
    return {with_background(grey, statistics), statistics};
  }
  if (withstand && options.background == BackgroundKind::kLocal) {
    const auto slope = slope_of_light(grey, quantum);
    if (slope.down != 0 || slope.across != 0) grey = without_slope(grey, slope);
  }
  auto statistics = measure_image(grey, quantum, withstand);
  if (options.background == BackgroundKind::kLocal) {
    grey = flatten_background(grey, statistics, max_size);
    statistics = measure_image(grey, quantum, withstand);
  }
  return {with_background(grey, statistics), statistics};
}

torch::Tensor with_background(const torch::Tensor& grey, const ImageStatistics& statistics) {
  const auto is_unknown = grey.isnan();
  return is_unknown.any().item<bool>() ? grey.masked_fill(is_unknown, statistics.background) : grey;
}

}  // namespace priorseg
