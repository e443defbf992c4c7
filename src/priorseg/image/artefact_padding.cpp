#include <torch/types.h>

#include <algorithm>
#include <map>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/image/artefact_finders.h"
#include "priorseg/image/artefacts.h"

namespace priorseg {
namespace {

constexpr double kLeastPaddingShare = 0.002;  // of the image
constexpr int kLeastPadding = 64;             // px
constexpr int kMostPaddings = 4;              // of paddings of one image
constexpr int kFlat = 5;                      // px: side of the squares that padding is made of
constexpr double kBend = 1.5;                 // px that an edge may leave its straight line
constexpr double kLeastSide = 24;             // px of an edge until it bends; edges of objects bend earlier
constexpr double kStraight = 0.8;             // share of the edges that has to be straight
constexpr int kNick = 12;                     // px: smaller holes are objects or specks in the padding

/// Values of flat places at the border of the image, the most frequent ones first.
std::vector<float> border_values(const cv::Mat& grey, const cv::Mat& free) {
  cv::Mat lowest, highest;
  cv::erode(grey, lowest, cv::Mat());
  cv::dilate(grey, highest, cv::Mat());
  std::map<float, int> counts;
  const auto look_at = [&](int y, int x) {
    const float value = grey.at<float>(y, x);
    if (free.at<uint8_t>(y, x) && lowest.at<float>(y, x) == value && highest.at<float>(y, x) == value)
      ++counts[value];
  };
  for (int x = 0; x < grey.cols; ++x) look_at(0, x), look_at(grey.rows - 1, x);
  for (int y = 1; y + 1 < grey.rows; ++y) look_at(y, 0), look_at(y, grey.cols - 1);
  std::vector<std::pair<int, float>> order;
  for (const auto& [value, count] : counts)
    if (count >= kFlat) order.push_back({count, value});
  std::sort(order.rbegin(), order.rend());
  std::vector<float> values;
  for (size_t i = 0; i < std::min<size_t>(kMostPaddings, order.size()); ++i)
    values.push_back(order[i].second);
  return values;
}

/// Whether the edges of a region inside the image are straight, or as gently curved as a field of view.
bool has_straight_edges(const cv::Mat& region) {
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(region, contours, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
  const auto at_border = [&](cv::Point a, cv::Point b) {
    return (a.x == b.x && (a.x <= 1 || a.x >= region.cols - 2)) ||
           (a.y == b.y && (a.y <= 1 || a.y >= region.rows - 2));
  };
  double straight = 0, all = 0;
  for (const auto& contour : contours) {
    const cv::Rect box = cv::boundingRect(contour);
    if (std::max(box.width, box.height) < kNick) continue;
    std::vector<cv::Point> corners;
    cv::approxPolyDP(contour, corners, kBend, /*closed=*/true);
    for (size_t i = 0; i < corners.size(); ++i) {
      const cv::Point a = corners[i], b = corners[(i + 1) % corners.size()];
      if (at_border(a, b)) continue;
      const double length = cv::norm(a - b);
      all += length;
      if (length >= kLeastSide) straight += length;
    }
  }
  return all > 0 && straight >= kStraight * all;
}

/// Parts of what has this value that are wide, large and at the border of the image.
void mark_value(const cv::Mat& same, cv::Mat& kinds) {
  cv::Mat wide, parts, figures, centres;
  cv::morphologyEx(same, wide, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_RECT, {kFlat, kFlat}));
  const int count = cv::connectedComponentsWithStats(wide, parts, figures, centres, 8, CV_32S);
  for (int part = 1; part < count; ++part) {
    const auto* of_part = figures.ptr<int32_t>(part);
    const cv::Rect box(of_part[cv::CC_STAT_LEFT], of_part[cv::CC_STAT_TOP], of_part[cv::CC_STAT_WIDTH],
                       of_part[cv::CC_STAT_HEIGHT]);
    const bool at_border = box.x == 0 || box.y == 0 || box.br().x == same.cols || box.br().y == same.rows;
    const double least =
        std::max<double>(kLeastPadding, kLeastPaddingShare * static_cast<double>(same.total()));
    if (!at_border || of_part[cv::CC_STAT_AREA] < least) continue;
    cv::Mat region = parts == part;
    if (!has_straight_edges(region)) continue;
    // Its edge may be blended with the picture.
    cv::dilate(region, region, cv::Mat());
    kinds.setTo(static_cast<int>(ArtefactKind::kPadding), region & (kinds == 0));
  }
}

}  // namespace

void mark_padding(const torch::Tensor& grey, torch::Tensor& kinds) {
  const auto height = static_cast<int>(grey.size(0)), width = static_cast<int>(grey.size(1));
  if (std::min(height, width) < 2 * kFlat) return;
  const cv::Mat values(height, width, CV_32F, grey.data_ptr());
  cv::Mat marked(height, width, CV_8U, kinds.data_ptr());
  const cv::Mat free = marked == 0;
  for (const float value : border_values(values, free)) mark_value((values == value) & free, marked);
}

}  // namespace priorseg
