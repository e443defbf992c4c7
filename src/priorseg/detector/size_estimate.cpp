#include "priorseg/detector/size_estimate.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "priorseg/core/error.h"
#include "priorseg/image/background.h"

namespace priorseg {
namespace {

constexpr double kLeastFill = 0.92;   // of the ellipse of its moments, of one object
constexpr int64_t kLeastArea = 12;    // px: smaller regions have no shape
constexpr std::array kLevels = {0.3, 0.4, 0.5, 0.6, 0.7};  // of mapped intensity
constexpr int kMostRounds = 6;
constexpr double kSettled = 1.1;      // rounds end when the largest size changes by a smaller factor
constexpr double kFirstLargest = 60;  // px: where the rounds start

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

/// The value below which `share` of the area lies.
double size_at(const std::vector<CompactRegion>& sorted, double share) {
  double total = 0, sum = 0;
  for (const auto& region : sorted) total += static_cast<double>(region.area);
  for (const auto& region : sorted) {
    sum += static_cast<double>(region.area);
    if (sum >= share * total) return region.size;
  }
  return sorted.back().size;
}

}  // namespace

std::vector<CompactRegion> compact_regions(const torch::Tensor& inside) {
  const auto bytes = inside.to(torch::kUInt8).contiguous();
  const auto height = static_cast<int>(bytes.size(0)), width = static_cast<int>(bytes.size(1));
  const cv::Mat mask(height, width, CV_8U, bytes.data_ptr());
  cv::Mat labels, stats, centroids;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centroids, 4, CV_32S);
  std::vector<Moments> moments(static_cast<size_t>(count));
  for (int y = 0; y < height; ++y) {
    const auto* row = labels.ptr<int32_t>(y);
    for (int x = 0; x < width; ++x)
      if (row[x] > 0) moments[static_cast<size_t>(row[x])].add(x, y);
  }
  std::vector<CompactRegion> regions;
  for (int label = 1; label < count; ++label) {
    const auto* of_region = stats.ptr<int32_t>(label);
    const int left = of_region[cv::CC_STAT_LEFT], top = of_region[cv::CC_STAT_TOP];
    const int columns = of_region[cv::CC_STAT_WIDTH], rows = of_region[cv::CC_STAT_HEIGHT];
    const int64_t area = of_region[cv::CC_STAT_AREA];
    const bool is_cut = left == 0 || top == 0 || left + columns == width || top + rows == height;
    if (is_cut || area < kLeastArea) continue;
    if (moments[static_cast<size_t>(label)].fill(static_cast<double>(area)) < kLeastFill) continue;
    regions.push_back({std::sqrt(static_cast<double>(columns) * rows), area});
  }
  return regions;
}

void SizeEstimator::add(const torch::Tensor& pixels, double quantum) {
  images_.push_back({grey_from_pixels(pixels), quantum});
}

/// Sorted by size. @param largest  object that the intensity mapping is told of, px.
std::vector<CompactRegion> SizeEstimator::regions(double largest) const {
  std::vector<CompactRegion> all;
  for (const auto& [grey, quantum] : images_) {
    const auto flat = options_.background == "local"
                          ? flatten_background(grey, measure_image(grey, quantum), largest)
                          : grey;
    const auto mapped = map_intensity(flat, measure_image(flat, quantum), options_, largest);
    for (const double level : kLevels)
      for (const auto& region : compact_regions(mapped > level)) all.push_back(region);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
  return all;
}

SizeRange SizeEstimator::estimate() const {
  double largest = kFirstLargest;
  for (int round = 0;; ++round) {
    const auto found = regions(largest);
    if (found.empty())
      throw Error("no object stands out of the images; give the sizes with --size MIN:MAX in px");
    const double low = size_at(found, 0.05), middle = size_at(found, 0.5), high = size_at(found, 0.95);
    if (getenv("SHOW")) printf("  round %d largest %.1f: %zu regions %.1f %.1f %.1f %.1f %.1f\n", round, largest, found.size(), low,size_at(found, 0.25), middle,size_at(found, 0.75), high);
    const double next = std::max(1.3 * high, 6.0);
    const double change = std::max(next / largest, largest / next);
    largest = next;
    if (change > kSettled && round + 1 < kMostRounds) continue;
    return {low, high};
  }
}

}  // namespace priorseg
