#include "priorseg/image/relief.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/core/shape_check.h"
#include "priorseg/image/divided_cells.h"
#include "priorseg/image/opencv_view.h"

namespace priorseg {
namespace {

constexpr double kGroundSigma = 40;  // px
constexpr double kBodySigma = 2;     // px
constexpr double kDarkestBody = 4;   // spreads: a body is not looked at beyond
constexpr double kGrainLow = -3, kGrainHigh = 1;
constexpr double kFullBody = 3;
constexpr double kHaloSigma = 0.7;       // px
constexpr double kBrightestHalo = 12;    // spreads
constexpr double kSurroundings = 10;     // px, sigma
constexpr double kLeastHalo = 2;         // spreads
constexpr double kHaloOfContrast = 0.5;  // of the contrast in the surroundings
constexpr int kLeastHaloArea = 60;       // px
constexpr int kRounds = 3;
constexpr double kEvenSigma = 20;  // px
constexpr double kHaloWidth = 20;  // px that a halo of 1 counts for
constexpr double kCell = 0.35;     // of the evened body: the noise of the ground alone gives 0.15
constexpr double kSoftness = 0.05;
constexpr int kWider = 3;              // px that the border lies in the halo
constexpr int kFringe = 2;             // px of a slope around what is left out
constexpr double kBrightBorder = 4;    // spreads
constexpr int kLeastBorderArea = 160;  // px
constexpr int kLine = 4;               // px between cells

cv::Mat cut_off(const cv::Mat& values, double low, double high) {
  return cv::max(cv::min(values, high), low);
}

cv::Mat smoothed(const cv::Mat& values, double sigma) {
  cv::Mat result;
  cv::GaussianBlur(values, result, {}, sigma);
  return result;
}

double middle_of_map(const cv::Mat& map) {
  std::vector<float> values(map.begin<float>(), map.end<float>());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double spread_of(const cv::Mat& centred) { return 1.4826 * middle_of_map(cv::abs(centred)); }

/// z. Empty where the image is of one value for the most part.
cv::Mat above_ground(const cv::Mat& grey) {
  const cv::Mat centred = grey - middle_of_map(grey);
  const double spread = spread_of(centred);
  if (spread <= 0) return {};
  const cv::Mat above = centred - smoothed(cut_off(centred, -spread, spread), kGroundSigma);
  const double rest = spread_of(above);
  return rest > 0 ? cv::Mat(above / rest) : cv::Mat();
}

cv::Mat body_of(const cv::Mat& above) {
  const cv::Mat grain = cut_off(above, kGrainLow, kGrainHigh), mean = smoothed(grain, kBodySigma);
  cv::Mat body;
  cv::sqrt(cv::max(smoothed(grain.mul(grain), kBodySigma) - mean.mul(mean), 0), body);
  body += smoothed(cut_off(-above, 0, kDarkestBody), kBodySigma);
  cv::exp(body.mul(body, -1 / (kFullBody * kFullBody)), body);
  return 1 - body;
}

/// Connected parts of what is not 0 that have `least` px or more.
cv::Mat large_parts(const cv::Mat& inside, int least) {
  cv::Mat parts, figures, centres, large(inside.size(), CV_8U);
  cv::connectedComponentsWithStats(inside, parts, figures, centres);
  for (int y = 0; y < parts.rows; ++y)
    for (int x = 0; x < parts.cols; ++x) {
      const int part = parts.at<int>(y, x);
      large.at<uchar>(y, x) = part > 0 && figures.at<int>(part, cv::CC_STAT_AREA) >= least ? 255 : 0;
    }
  return large;
}

cv::Mat halo_of(const cv::Mat& above) {
  const cv::Mat bright = smoothed(cut_off(above, 0, kBrightestHalo), kHaloSigma);
  const cv::Mat contrast = smoothed(cv::min(cv::abs(above), kBrightestHalo), kSurroundings);
  const cv::Mat least = kHaloOfContrast * contrast + kLeastHalo;
  cv::Mat halo = cv::max(bright / least - 1, 0);
  halo.setTo(0, large_parts(halo > 0, kLeastHaloArea) == 0);
  return halo;
}

/// px of a disk, rounded up.
int area_across(double diameter) { return static_cast<int>(std::ceil(CV_PI / 4 * diameter * diameter)); }

cv::Mat disc(int radius) {
  return cv::getStructuringElement(cv::MORPH_ELLIPSE, cv::Size(1, 1) * (2 * radius + 1));
}

/// 0 in and around connected parts that no cell of kSmallestReliefCell would leave. @return the other parts.
cv::Mat leave_out_dirt(cv::Mat& relief) {
  const cv::Mat all = relief > 0.5, cells = large_parts(all, area_across(kSmallestReliefCell - 2 * kWider));
  cv::Mat around_dirt;
  cv::dilate(all & ~cells, around_dirt, disc(kFringe));
  relief.setTo(0, around_dirt & ~cells);
  return cells;
}

/// Into the halo, but not into each other.
cv::Mat widened(cv::Mat relief) {
  const cv::Mat ground = ~leave_out_dirt(relief);
  cv::Mat distance, nearest, least, largest, wide;
  cv::distanceTransform(ground, distance, nearest, cv::DIST_L2, cv::DIST_MASK_5, cv::DIST_LABEL_CCOMP);
  nearest.convertTo(nearest, CV_32F);
  cv::erode(nearest, least, disc(1));
  cv::dilate(nearest, largest, disc(1));
  cv::dilate(relief, wide, disc(kWider));
  wide.setTo(0, (least != largest) & ground);
  return wide;
}

/// Dark lines where cells touch.
cv::Mat with_lines_between(cv::Mat relief, const cv::Mat& above) {
  const cv::Mat cells = relief > 0.5;
  const cv::Mat bright = large_parts(smoothed(above, kHaloSigma) > kBrightBorder, kLeastBorderArea);
  cv::Mat number, least, largest, line;
  divide_cells(cells, bright, area_across(kSmallestReliefCell)).convertTo(number, CV_32F);
  cv::dilate(number, largest, disc(1));
  number.setTo(std::numeric_limits<float>::max(), ~cells);
  cv::erode(number, least, disc(1));
  cv::dilate((least != largest) & cells, line, disc(kLine / 2 - 1));
  relief.setTo(0, line);
  return relief;
}

/// One row into the next, `share` of it.
void mix_in(cv::Mat& values, int row, int from, const float* share) {
  auto* value = values.ptr<float>(row);
  const auto* other = values.ptr<float>(from);
  for (int x = 0; x < values.cols; ++x) value[x] += share[x] * (other[x] - value[x]);
}

/// Down and up again. @param share  of row y: what it takes of the row above, and that of it.
void even_out_columns(cv::Mat& values, const cv::Mat& share) {
  for (int y = 1; y < values.rows; ++y) mix_in(values, y, y - 1, share.ptr<float>(y));
  for (int y = values.rows - 2; y >= 0; --y) mix_in(values, y, y + 1, share.ptr<float>(y + 1));
}

/// Natural logarithm of what a pixel takes of the one above at a decay of one pixel of 1: minus the distance.
cv::Mat distances_down(const cv::Mat& halo) {
  cv::Mat distance = halo.clone();
  for (int y = 1; y < halo.rows; ++y) {
    cv::Mat larger = distance.row(y);
    cv::max(halo.row(y), halo.row(y - 1), larger);
  }
  distance = -(kHaloWidth * distance + 1);
  return distance;
}

/// F of two maps.
void even_out(cv::Mat& first, cv::Mat& second, const cv::Mat& halo) {
  const cv::Mat down = distances_down(halo), across = distances_down(halo.t());
  cv::Mat share;
  const auto pass = [&](const cv::Mat& distance, double decay) {
    cv::exp(decay * distance, share);
    even_out_columns(first, share);
    even_out_columns(second, share);
    first = first.t();
    second = second.t();
  };
  first = first.t();
  second = second.t();
  for (int round = 0; round < kRounds; ++round) {
    const double sigma = kEvenSigma * std::sqrt(3.0) * std::pow(2.0, kRounds - round - 1) /
                         std::sqrt(std::pow(4.0, kRounds) - 1);
    pass(across, std::sqrt(2.0) / sigma);
    pass(down, std::sqrt(2.0) / sigma);
  }
  first = first.t();
  second = second.t();
}

}  // namespace

torch::Tensor relief_of(const torch::Tensor& grey) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  const auto known = grey.isfinite();
  auto result = torch::zeros_like(grey, torch::MemoryFormat::Contiguous);
  if (known.any().item<bool>()) {
    const auto ground = grey.masked_select(known).median();
    const auto filled = torch::where(known, grey, ground).contiguous();
    if (const cv::Mat above = above_ground(view_of(filled)); !above.empty()) {
      const cv::Mat halo = halo_of(above);
      cv::Mat trust, relief, fading;
      cv::exp(-halo, trust);
      relief = body_of(above).mul(trust);
      even_out(relief, trust, halo);
      cv::exp(-0.5 * halo, fading);
      relief = relief.mul(fading) / cv::max(trust, 1e-6);
      cv::exp((kCell - relief) / kSoftness, relief);
      with_lines_between(widened(1 / (1 + relief)), above).copyTo(view_of(result));
    }
  }
  return result.masked_fill_(known.logical_not(), std::numeric_limits<float>::quiet_NaN());
}

}  // namespace priorseg
