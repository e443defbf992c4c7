#include "priorseg/image/background.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/core/parallel.h"
#include "priorseg/core/shape_check.h"

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
          sample.push_back(values[y - source.first][x]);
      const auto place = sample.begin() + static_cast<std::ptrdiff_t>(kBackgroundQuantile *
                                                                      static_cast<double>(sample.size() - 1));
      std::nth_element(sample.begin(), place, sample.end());
      nodes_->values.at<float>(static_cast<int>(node_row), static_cast<int>(node)) = *place;
    }
  });
}

void BackgroundGrid::smooth(const ImageStatistics& statistics) {
  nodes_->values = cv::min(nodes_->values, statistics.background + 0.5 * statistics.threshold);
  cv::GaussianBlur(nodes_->values, nodes_->values, {}, 1.0, 0, cv::BORDER_REPLICATE);
}

torch::Tensor BackgroundGrid::rows(RowRange wanted) const {
  const cv::Mat& nodes = nodes_->values;
  const auto count = static_cast<int>(wanted.last - wanted.first);
  auto result = torch::empty({count, width_}, torch::kFloat32);
  cv::Mat to(count, static_cast<int>(width_), CV_32F, result.data_ptr<float>());
  if (count == height_) {
    cv::resize(nodes, to, to.size(), 0, 0, cv::INTER_CUBIC);
    return result;
  }
  cv::Mat lines(count, nodes.cols, CV_32F);
  for (int i = 0; i < count; ++i) {
    const auto taps = cubic_taps(wanted.first + i, height_, nodes.rows);
    for (int x = 0; x < nodes.cols; ++x) {
      float sum = 0;
      for (int k = 0; k < 4; ++k) sum += taps.weight[k] * nodes.at<float>(taps.node[k], x);
      lines.at<float>(i, x) = sum;
    }
  }
  cv::resize(lines, to, to.size(), 0, 0, cv::INTER_CUBIC);
  return result;
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
  return source - background.rows(all);
}

FlatImage flatten_image(const torch::Tensor& grey, double quantum, const IntensityOptions& options,
                        double max_size) {
  const auto statistics = measure_image(grey, quantum);
  if (options.background != BackgroundKind::kLocal) return {grey, statistics};
  const auto flat = flatten_background(grey, statistics, max_size);
  return {flat, measure_image(flat, quantum)};
}

}  // namespace priorseg
