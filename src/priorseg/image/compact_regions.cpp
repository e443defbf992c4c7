#include "priorseg/image/compact_regions.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace priorseg {
namespace {

constexpr double kLeastFill = 0.92;  // of the ellipse of its moments, of one object
constexpr int64_t kLeastArea = 12;   // px: smaller regions have no shape

/// Sums over the pixels of one region.
struct Moments {
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;

  void add(double px, double py) {
    x += px, y += py;
    xx += px * px, yy += py * py, xy += px * py;
  }

  /// Share of the ellipse with the same second central moments that the region fills.
  double fill(double area) const {
    constexpr double kPixel = 1.0 / 12;  // variance of a pixel's own square
    const double mean_x = x / area, mean_y = y / area;
    const double var_x = xx / area - mean_x * mean_x + kPixel, var_y = yy / area - mean_y * mean_y + kPixel;
    const double cov = xy / area - mean_x * mean_y;
    return area / (4 * M_PI * std::sqrt(std::max(1e-9, var_x * var_y - cov * cov)));
  }
};

}  // namespace

std::vector<CompactRegion> compact_regions(const torch::Tensor& inside) {
  return compact_parts(inside).regions;
}

CompactParts compact_parts(const torch::Tensor& inside) {
  const auto bytes = inside.to(torch::kUInt8).contiguous();
  const auto height = static_cast<int>(bytes.size(0)), width = static_cast<int>(bytes.size(1));
  const cv::Mat mask(height, width, CV_8U, bytes.data_ptr());
  CompactParts found;
  found.parts = torch::empty({height, width}, torch::kInt32);
  cv::Mat labels(height, width, CV_32S, found.parts.data_ptr()), stats, centroids;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centroids, 4, CV_32S);
  std::vector<Moments> moments(static_cast<size_t>(count));
  for (int y = 0; y < height; ++y) {
    const auto* row = labels.ptr<int32_t>(y);
    for (int x = 0; x < width; ++x)
      if (row[x] > 0) moments[static_cast<size_t>(row[x])].add(x, y);
  }
  for (int label = 1; label < count; ++label) {
    const auto* of_region = stats.ptr<int32_t>(label);
    const int left = of_region[cv::CC_STAT_LEFT], top = of_region[cv::CC_STAT_TOP];
    const int columns = of_region[cv::CC_STAT_WIDTH], rows = of_region[cv::CC_STAT_HEIGHT];
    const int64_t area = of_region[cv::CC_STAT_AREA];
    const bool is_cut = left == 0 || top == 0 || left + columns == width || top + rows == height;
    if (is_cut || area < kLeastArea) continue;
    if (moments[static_cast<size_t>(label)].fill(static_cast<double>(area)) < kLeastFill) continue;
    found.regions.push_back({std::sqrt(static_cast<double>(columns) * rows), area, label});
  }
  return found;
}

double size_at(std::vector<CompactRegion> regions, double share) {
  std::sort(regions.begin(), regions.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
  double total = 0, sum = 0;
  for (const auto& region : regions) total += static_cast<double>(region.area);
  for (const auto& region : regions) {
    sum += static_cast<double>(region.area);
    if (sum >= share * total) return region.size;
  }
  return regions.back().size;
}

}  // namespace priorseg
