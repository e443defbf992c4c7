#include "priorseg/image/edge_sharpness.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "priorseg/core/shape_check.h"
#include "priorseg/image/opencv_view.h"

namespace priorseg {
namespace {

struct RegionPixels {
  std::vector<float> heights, slopes;  // of all pixels; of those on the border
};

float value_at_share(std::vector<float>& values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Length of the gradient of the smoothed values, per px.
cv::Mat slope_of(const cv::Mat& smooth) {
  constexpr double kUnit = 1.0 / 8;  // Sobel's weights add up to that
  cv::Mat x, y, slope;
  cv::Sobel(smooth, x, CV_32F, 1, 0, 3, kUnit);
  cv::Sobel(smooth, y, CV_32F, 0, 1, 3, kUnit);
  cv::magnitude(x, y, slope);
  return slope;
}

bool is_border(const int32_t* part, int y, int x, int height, int width) {
  const auto differs = [&](bool is_there, int64_t step) { return is_there && part[step] != *part; };
  return differs(y > 0, -width) || differs(y + 1 < height, width) || differs(x > 0, -1) ||
         differs(x + 1 < width, 1);
}

/// By label, of those that are regions.
std::map<int32_t, RegionPixels> pixels_of_regions(const cv::Mat& smooth, const CompactParts& found) {
  std::map<int32_t, RegionPixels> pixels;
  for (const auto& region : found.regions) pixels[region.part];
  const cv::Mat slope = slope_of(smooth);
  const auto parts = found.parts.contiguous();
  const auto* part = parts.data_ptr<int32_t>();
  for (int y = 0; y < smooth.rows; ++y)
    for (int x = 0; x < smooth.cols; ++x, ++part) {
      const auto region = *part == 0 ? pixels.end() : pixels.find(*part);
      if (region == pixels.end()) continue;
      region->second.heights.push_back(smooth.at<float>(y, x));
      if (is_border(part, y, x, smooth.rows, smooth.cols))
        region->second.slopes.push_back(slope.at<float>(y, x));
    }
  return pixels;
}

}  // namespace

double edge_sharpness(const torch::Tensor& above, const CompactParts& found) {
  check_shape(above, {found.parts.size(0), found.parts.size(1)}, "above");
  if (found.regions.empty()) return 0;
  const auto values = above.contiguous();
  cv::Mat smooth;
  cv::GaussianBlur(view_of(values), smooth, {}, 1);
  std::vector<std::pair<double, double>> sharpness;  // with areas
  double total = 0;
  for (auto& [label, pixels] : pixels_of_regions(smooth, found)) {
    if (pixels.slopes.empty()) continue;
    const double area = static_cast<double>(pixels.heights.size());
    const double height = value_at_share(pixels.heights, 0.75);
    if (height <= 0) continue;
    sharpness.emplace_back(value_at_share(pixels.slopes, 0.5) * std::sqrt(area * 4 / CV_PI) / height, area);
    total += area;
  }
  std::sort(sharpness.begin(), sharpness.end());
  double sum = 0;
  for (const auto& [value, area] : sharpness)
    if (sum += area; 2 * sum >= total) return value;
  return 0;
}

}  // namespace priorseg
