#include "priorseg/image/outlined_regions.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <set>

#include "priorseg/image/opencv_view.h"

namespace priorseg {
namespace {

constexpr int kCuts = 24;                                  // levels
constexpr double kLowestCut = 0.005, kHighestCut = 0.998;  // quantiles between which the image is cut
constexpr double kSmoothing = 0.7;                         // px
constexpr double kSharpest = 0.99;                         // quantile of the gradients
constexpr double kFaintSide = 0.2;                         // quantile of the gradients along an outline
constexpr double kLeastOutlinedFill = 0.92;                // of the ellipse of the moments
constexpr double kLeastOutlinedArea = 20;                  // px
constexpr size_t kLeastOutline = 12;                       // px

using Contour = std::vector<cv::Point>;

/// A part that may be an object.
struct OutlinedPart {
  Contour outline;
  cv::Rect box;
  double area;  // px, without holes
  double sharpness;
  double level;
};

float value_at(std::vector<float> values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

std::vector<float> pixels_in(const cv::Mat& map) { return {map.begin<float>(), map.end<float>()}; }

cv::Mat outline_gradient(const cv::Mat& grey) {
  cv::Mat across, down, gradient;
  cv::Sobel(grey, across, CV_32F, 1, 0);
  cv::Sobel(grey, down, CV_32F, 0, 1);
  cv::magnitude(across, down, gradient);
  return gradient;
}

/// How much of the ellipse with the same second moments an outline fills; `area` counts the pixels under the
/// outline, too.
double outlined_fill(const Contour& outline, double area) {
  const auto moments = cv::moments(outline);
  if (moments.m00 <= 0) return 0;
  const double grown = area / (moments.m00 * moments.m00);
  const double determinant = (moments.mu20 * moments.mu02 - moments.mu11 * moments.mu11) * grown * grown;
  return area / (4 * M_PI * std::sqrt(std::max(1e-9, determinant)));
}

/// The parts above one level.
/// @param sharpest  gradient that counts as sharp.
void add_parts(const cv::Mat& smooth, double level, const cv::Mat& gradient, float sharpest,
               std::vector<OutlinedPart>& parts) {
  const cv::Mat above = smooth > level;
  std::vector<Contour> outlines;
  std::vector<cv::Vec4i> tree;
  cv::findContours(above, outlines, tree, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
  std::vector<float> along;
  for (size_t i = 0; i < outlines.size(); ++i) {
    const auto& outline = outlines[i];
    const bool is_hole = tree[i][3] >= 0;
    if (is_hole || outline.size() < kLeastOutline) continue;
    const cv::Rect box = cv::boundingRect(outline);
    const int most = std::min(smooth.cols, smooth.rows) / 2;
    if (box.width > most || box.height > most) continue;
    if (box.x <= 1 || box.y <= 1 || box.br().x >= above.cols - 1 || box.br().y >= above.rows - 1) continue;
    // The polygon runs through the middles of the outermost pixels.
    const double area = cv::contourArea(outline) + static_cast<double>(outline.size()) / 2 + 1;
    if (area < kLeastOutlinedArea || outlined_fill(outline, area) < kLeastOutlinedFill) continue;
    along.clear();
    for (const auto& point : outline) along.push_back(gradient.at<float>(point));
    const double edge = value_at(along, kFaintSide) / sharpest;
    parts.push_back({outline, box, area, 2 * edge / (edge + 1), level});
  }
}

/// Of parts that lie in each other, those whose area times sharpness is largest in sum.
std::vector<OutlinedRegion> best_of_nested(std::vector<OutlinedPart> parts, const cv::Size& size) {
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.area < b.area; });
  cv::Mat taken(size, CV_32S, cv::Scalar(-1)), inside;
  std::map<int, double> weights;  // of those that are taken
  for (int i = 0; i < static_cast<int>(parts.size()); ++i) {
    const auto& part = parts[static_cast<size_t>(i)];
    inside.create(part.box.size(), CV_8U);
    inside.setTo(0);
    cv::drawContours(inside, std::vector<Contour>{part.outline}, 0, 255, cv::FILLED, cv::LINE_8, {}, 0,
                     -part.box.tl());
    cv::Mat places = taken(part.box);
    std::set<int> within;
    for (int y = 0; y < inside.rows; ++y)
      for (int x = 0; x < inside.cols; ++x)
        if (inside.at<uchar>(y, x) > 0 && weights.contains(places.at<int>(y, x)))
          within.insert(places.at<int>(y, x));
    double of_those_within = 0;
    for (const int other : within) of_those_within += weights.at(other);
    const double weight = part.area * part.sharpness;
    if (weight < of_those_within) continue;
    for (const int other : within) weights.erase(other);
    weights[i] = weight;
    places.setTo(i, inside);
  }
  std::vector<OutlinedRegion> regions;
  for (const auto& [index, weight] : weights) {
    const auto& part = parts[static_cast<size_t>(index)];
    regions.push_back({std::sqrt(static_cast<double>(part.box.area())), weight, part.level});
  }
  return regions;
}

}  // namespace

std::vector<OutlinedRegion> outlined_regions(const torch::Tensor& grey) {
  const auto known = grey.masked_select(grey.isnan().logical_not());
  if (known.numel() == 0) return {};
  const auto filled = grey.nan_to_num(known.min().item<double>()).contiguous();
  cv::Mat smooth;
  cv::GaussianBlur(view_of(filled), smooth, {}, kSmoothing, 0, cv::BORDER_REFLECT_101);
  const cv::Mat gradient = outline_gradient(smooth);
  const float sharpest = value_at(pixels_in(gradient), kSharpest);
  if (sharpest <= 0) return {};
  const auto values = pixels_in(smooth);
  const double darkest = value_at(values, kLowestCut), brightest = value_at(values, kHighestCut);
  std::vector<OutlinedPart> parts;
  for (int cut = 1; cut <= kCuts; ++cut) {
    const double level = darkest + (brightest - darkest) * cut / (kCuts + 1);
    add_parts(smooth, level, gradient, sharpest, parts);
  }
  return best_of_nested(std::move(parts), smooth.size());
}

}  // namespace priorseg
