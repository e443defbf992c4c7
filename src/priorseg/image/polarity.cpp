#include "priorseg/image/polarity.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "priorseg/core/shape_check.h"
#include "priorseg/image/opencv_view.h"
#include "priorseg/image/relief.h"

namespace priorseg {
namespace {

constexpr int kContrastWindow = 11;    // px: contrast is measured in it
constexpr double kDarkest = 0.02;      // of the light that comes through
constexpr double kWhite = 0.9;         // quantile: most of such images is ground
constexpr double kTail = 0.005;        // share of the pixels at either end that is clipped
constexpr double kMuchContrast = 2;    // times that of the rest
constexpr double kMostBalanced = 0.5;  // relief below it; the median of sets of one polarity is over 0.57
constexpr double kNearlyAll = 0.75;    // quantile

/// Standard deviation around each pixel. @param blur  smooths over the window.
template <class Blur>
cv::Mat local_deviation(const cv::Mat& grey, const Blur& blur) {
  cv::Mat values, mean, square;
  cv::subtract(grey, cv::mean(grey), values);  // float32 would lose the contrast of 16 bits in their squares
  blur(values, mean);
  blur(values.mul(values), square);
  cv::Mat deviation;
  cv::sqrt(cv::max(square - mean.mul(mean), 0), deviation);
  return deviation;
}

float quantile_of(std::vector<float>& values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

/// Without its darkest and brightest pixels.
cv::Mat clipped(const cv::Mat& grey) {
  std::vector<float> values(grey.begin<float>(), grey.end<float>());
  const float low = quantile_of(values, kTail), high = quantile_of(values, 1 - kTail);
  return cv::max(cv::min(grey, high), low);
}

/// 255 where there is much contrast, and in what that surrounds.
cv::Mat rich_parts(const cv::Mat& contrast) {
  cv::Mat scaled, rich, filled;
  double least, most;
  cv::minMaxLoc(contrast, &least, &most);
  contrast.convertTo(scaled, CV_8U, 255 / std::max(most - least, 1e-12),
                     -255 * least / std::max(most - least, 1e-12));
  cv::threshold(scaled, rich, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(rich, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  filled = cv::Mat::zeros(rich.size(), CV_8U);
  cv::drawContours(filled, outlines, -1, 255, cv::FILLED);
  return filled;
}

double middle_of_values(std::vector<float> values) { return quantile_of(values, 0.5); }

}  // namespace

torch::Tensor with_bright_objects(const torch::Tensor& grey, Polarity polarity, double white) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (polarity == Polarity::kDark) return -grey;
  if (polarity == Polarity::kAbsorbing && grey.numel() > 0) {
    const double full = white > 0 ? white : grey.nan_to_num().max().item<double>();
    return -(grey / std::max(full, 1e-12)).clamp_min(kDarkest).log10();
  }
  return polarity == Polarity::kRelief ? relief_of(grey) : grey;
}

double measure_white(const torch::Tensor& grey) {
  const auto flat = grey.contiguous();
  std::vector<float> values(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
  return quantile_of(values, kWhite);
}

PolaritySigns measure_polarity(const torch::Tensor& given) {
  check_shape(given, {std::nullopt, std::nullopt}, "grey");
  if (given.numel() == 0) return {};
  const auto grey = given.contiguous();
  const cv::Mat values = clipped(view_of(grey));
  double low, high;
  cv::minMaxLoc(values, &low, &high);
  if (low == high) return {};  // what smoothing leaves of it is rounding
  cv::Mat smooth, smoother, contrast;
  cv::GaussianBlur(values, smooth, {}, 1);
  cv::GaussianBlur(values, smoother, {}, 2);
  const auto blur = [](const cv::Mat& from, cv::Mat& to) {
    cv::blur(from, to, {kContrastWindow, kContrastWindow});
  };
  cv::GaussianBlur(local_deviation(smooth, blur), contrast, {}, 2);
  const cv::Mat rich = rich_parts(contrast);
  PolaritySigns signs;
  if (cv::countNonZero(rich) == 0) return signs;
  signs.stands_out = cv::mean(contrast, rich)[0] > kMuchContrast * cv::mean(contrast, ~rich)[0];
  const cv::Mat difference =
      smoother - middle_of_values(std::vector<float>(smooth.begin<float>(), smooth.end<float>()));
  const double square = cv::mean(difference.mul(difference), rich)[0];
  if (square > 0) signs.one_sided = cv::mean(difference, rich)[0] / std::sqrt(square);
  return signs;
}

Polarity common_polarity(const std::vector<PolaritySigns>& images) {
  std::vector<float> one_sided, strength;
  for (const auto& image : images) {
    if (!image.stands_out) continue;
    one_sided.push_back(static_cast<float>(image.one_sided));
    strength.push_back(static_cast<float>(std::abs(image.one_sided)));
  }
  if (one_sided.empty()) return Polarity::kBright;
  const double middle = middle_of_values(one_sided);
  if (std::abs(middle) < kMostBalanced && quantile_of(strength, kNearlyAll) < kMostBalanced)
    return Polarity::kRelief;
  return middle < 0 ? Polarity::kDark : Polarity::kBright;
}

}  // namespace priorseg
