#include "priorseg/output/label_colours.h"

#include <torch/types.h>

#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace priorseg {
namespace {

/// [H,W] label of the nearest object of every pixel.
cv::Mat nearest_labels(const cv::Mat& labels) {
  cv::Mat distance, nearest;
  cv::distanceTransform(labels == 0, distance, nearest, cv::DIST_L2, cv::DIST_MASK_5, cv::DIST_LABEL_PIXEL);
  std::vector<int32_t> label_of_pixel(labels.total() + 1, 0);  // `nearest` numbers the object pixels
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      if (labels.at<int32_t>(y, x) != 0) label_of_pixel[nearest.at<int32_t>(y, x)] = labels.at<int32_t>(y, x);
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      nearest.at<int32_t>(y, x) = label_of_pixel[nearest.at<int32_t>(y, x)];
  return nearest;
}

/// Every other pixel of a large map: enough to see who is whose neighbour.
cv::Mat reduced(const cv::Mat& labels) {
  constexpr size_t kLarge = 1 << 20;
  if (labels.total() <= kLarge) return labels;
  cv::Mat half;
  cv::resize(labels, half, {}, 0.5, 0.5, cv::INTER_NEAREST);
  return half;
}

using Neighbours = std::vector<std::vector<int32_t>>;

/// Which zones touch, on a side or across a corner.
Neighbours find_neighbours(const cv::Mat& zones, int64_t num_labels) {
  std::vector<std::pair<int32_t, int32_t>> pairs;
  const auto add = [&](int32_t a, int32_t b) {
    const std::pair<int32_t, int32_t> pair = std::minmax(a, b);
    if (a != b && (pairs.empty() || pairs.back() != pair)) pairs.emplace_back(pair);
  };
  for (int y = 0; y < zones.rows; ++y)
    for (int x = 0; x < zones.cols; ++x) {
      const int32_t zone = zones.at<int32_t>(y, x);
      if (x + 1 < zones.cols) add(zone, zones.at<int32_t>(y, x + 1));
      if (y + 1 < zones.rows) add(zone, zones.at<int32_t>(y + 1, x));
      if (x + 1 < zones.cols && y + 1 < zones.rows) add(zone, zones.at<int32_t>(y + 1, x + 1));
    }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  Neighbours neighbours(static_cast<size_t>(num_labels) + 1);
  for (const auto& [a, b] : pairs) {
    neighbours[a].push_back(b);
    neighbours[b].push_back(a);
  }
  return neighbours;
}

}  // namespace

std::vector<uint8_t> choose_colours(const torch::Tensor& labels, int64_t num_labels) {
  constexpr uint8_t kNone = 255;
  constexpr size_t kCount = kLabelColours.size();
  std::vector<uint8_t> colours(static_cast<size_t>(num_labels) + 1, kNone);
  if (num_labels == 0) return colours;
  const cv::Mat map(static_cast<int>(labels.size(0)), static_cast<int>(labels.size(1)), CV_32S,
                    labels.data_ptr<int32_t>());
  const Neighbours neighbours = find_neighbours(nearest_labels(reduced(map)), num_labels);
  // Objects with the most neighbours choose first (Welsh and Powell): they would find no colour left at the
  // end.
  std::vector<int32_t> order(static_cast<size_t>(num_labels));
  std::iota(order.begin(), order.end(), 1);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return neighbours[a].size() > neighbours[b].size(); });
  for (const int32_t label : order) {
    std::array<bool, kCount> taken{};
    for (const int32_t other : neighbours[label])
      if (colours[other] != kNone) taken[colours[other]] = true;
    size_t colour = static_cast<size_t>(label) % kCount;  // so that all colours are in use
    for (size_t tries = 0; tries < kCount && taken[colour]; ++tries) colour = (colour + 1) % kCount;
    colours[label] = static_cast<uint8_t>(colour);
  }
  return colours;
}

}  // namespace priorseg
