#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/image/artefact_finders.h"
#include "priorseg/image/artefacts.h"

namespace priorseg {
namespace {

constexpr int kMostMarkValues = 6;                // that marks of one image may have
constexpr double kOfContrast = 0.3;               // of objects: a bright mark stands out by that
constexpr double kStandsOut = 12;                 // noise sigmas
constexpr double kFilled = 0.97;                  // of its bounding box, a bar or rectangle
constexpr int kLeastLength = 12, kLeastBar = 30;  // px, px^2
constexpr double kSharp = 0.5;           // of the difference to the background is gone at 2 px from the edge
constexpr int kLeastLetter = 5;          // px high
constexpr double kMostLetter = 1.0 / 8;  // of the height of the image
constexpr double kThickest = 0.25;       // half a stroke, of the letter's height
constexpr int kLettersInRow = 3;         // of one height and on one line
constexpr int kLeastInRow = 7;           // px high: lower ones are so by chance
constexpr int kLettersApart = 4;         // heights of a letter between it and what it belongs to, at most
constexpr int kBlend = 3;                // px beside a mark whose values may be blended with it
constexpr double kBlended = 0.2;         // of the difference to the background

/// A connected part of one value.
struct Part {
  int number;
  cv::Rect box;
  int area;
};

struct Parts {
  cv::Mat numbers;
  std::vector<Part> list;
};

Parts parts_of(const cv::Mat& same) {
  Parts parts;
  cv::Mat figures, centres;
  const int count = cv::connectedComponentsWithStats(same, parts.numbers, figures, centres, 8, CV_32S);
  for (int i = 1; i < count; ++i) {
    const auto* of_part = figures.ptr<int32_t>(i);
    parts.list.push_back({i,
                          {of_part[cv::CC_STAT_LEFT], of_part[cv::CC_STAT_TOP], of_part[cv::CC_STAT_WIDTH],
                           of_part[cv::CC_STAT_HEIGHT]},
                          of_part[cv::CC_STAT_AREA]});
  }
  return parts;
}

/// Values that marks may have: of flat squares of 3 px, the darkest and the brightest one.
std::vector<float> mark_values(const cv::Mat& grey, const cv::Mat& free, const GreyLevels& levels) {
  cv::Mat lowest, highest;
  cv::erode(grey, lowest, cv::Mat());
  cv::dilate(grey, highest, cv::Mat());
  const cv::Mat flat = (lowest == highest) & free;
  std::map<float, int> counts;
  for (int y = 0; y < grey.rows; ++y)
    for (int x = 0; x < grey.cols; ++x)
      if (flat.at<uint8_t>(y, x)) ++counts[grey.at<float>(y, x)];
  const auto stands_out = [&](double value) {
    const double difference = value - levels.background;
    const double least = kStandsOut * levels.noise;
    // What is darker than the background is no object; brighter, it has to be as bright as one.
    return difference < 0 ? -difference > least : difference > std::max(least, kOfContrast * levels.contrast);
  };
  std::vector<std::pair<int, float>> order;
  for (const auto& [value, count] : counts)
    if (stands_out(value)) order.push_back({count, value});
  std::sort(order.rbegin(), order.rend());
  std::vector<float> values;
  for (size_t i = 0; i < std::min<size_t>(kMostMarkValues, order.size()); ++i)
    values.push_back(order[i].second);
  double darkest, brightest;
  cv::minMaxLoc(grey, &darkest, &brightest, nullptr, nullptr, free);
  for (const double extreme : {darkest, brightest}) {
    const auto value = static_cast<float>(extreme);
    if (std::find(values.begin(), values.end(), value) == values.end() && stands_out(value))
      values.push_back(value);
  }
  return values;
}

/// Marks of one value.
class MarksOfValue {
 public:
  MarksOfValue(const cv::Mat& grey, const cv::Mat& free, float value, const GreyLevels& levels)
      : grey_(grey),
        value_(value),
        background_(levels.background),
        parts_(parts_of((grey == value) & free)) {}

  /// [H,W] 255 inside bars and letters, also where they are blended with the picture.
  cv::Mat find() const {
    std::vector<Part> marks, letters;
    for (const auto& part : parts_.list) {
      if (is_bar(part))
        marks.push_back(part);
      else if (is_letter(part))
        letters.push_back(part);
    }
    for (const auto& letter : letters)
      if (is_in_row(letter, letters)) marks.push_back(letter);
    const std::vector<Part> sure = marks;
    for (const auto& letter : letters)
      if (is_beside(letter, sure)) marks.push_back(letter);
    return marks.empty() ? cv::Mat() : with_blended_edges(marks);
  }

 private:
  cv::Rect around(const cv::Rect& box, int by) const {
    return cv::Rect(box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by) &
           cv::Rect(0, 0, grey_.cols, grey_.rows);
  }

  /// Half of the difference to the background is gone at 2 px from the edge: an object that is saturated is
  /// still bright there.
  bool has_sharp_edge(const Part& part) const {
    const cv::Rect window = around(part.box, 3);
    const cv::Mat inside = parts_.numbers(window) == part.number;
    cv::Mat near, further;
    cv::dilate(inside, near, cv::Mat());
    cv::dilate(near, further, cv::Mat());
    const cv::Mat others = grey_(window) == value_;  // letters may lie close together
    const cv::Mat ring = further & ~near & ~others;
    const int count = cv::countNonZero(ring);
    if (count == 0) return false;
    const cv::Mat fallen = cv::abs(grey_(window) - value_) > kSharp * std::abs(value_ - background_);
    return cv::countNonZero(fallen & ring) >= 0.75 * count;
  }

  bool is_bar(const Part& part) const {
    const int shorter = std::min(part.box.width, part.box.height),
              longer = std::max(part.box.width, part.box.height);
    return longer >= kLeastLength && shorter >= 2 && part.area >= kLeastBar &&
           part.area >= kFilled * part.box.area() && has_sharp_edge(part);
  }

  bool is_letter(const Part& part) const {
    if (part.box.height < kLeastLetter || part.box.height > kMostLetter * grey_.rows ||
        part.box.width > 2 * part.box.height)
      return false;
    const cv::Rect window = around(part.box, 1);
    const cv::Mat inside = parts_.numbers(window) == part.number;
    cv::Mat depth;
    cv::distanceTransform(inside, depth, cv::DIST_L2, 3);
    double half_stroke;
    cv::minMaxLoc(depth, nullptr, &half_stroke);
    return half_stroke <= std::max(1.5, kThickest * part.box.height) && has_sharp_edge(part);
  }

  static bool is_beside(const Part& letter, const std::vector<Part>& marks) {
    return std::any_of(marks.begin(), marks.end(), [&](const Part& mark) {
      const int longer = std::max(mark.box.width, mark.box.height);
      const int reach = std::max(kLettersApart * letter.box.height, longer / 2);
      const cv::Rect near(mark.box.x - reach, mark.box.y - reach, mark.box.width + 2 * reach,
                          mark.box.height + 2 * reach);
      return (near & letter.box).area() > 0;
    });
  }

  static bool is_in_row(const Part& letter, const std::vector<Part>& letters) {
    const auto next_to_it = std::count_if(letters.begin(), letters.end(), [&](const Part& other) {
      return letter.box.height >= kLeastInRow && std::abs(letter.box.y - other.box.y) <= 1 &&
             std::abs(letter.box.br().y - other.box.br().y) <= 1 &&
             std::abs(letter.box.x - other.box.x) <= kLettersApart * letter.box.height;
    });
    return next_to_it >= kLettersInRow;  // it counts itself
  }

  cv::Mat with_blended_edges(const std::vector<Part>& marks) const {
    cv::Mat found = cv::Mat::zeros(grey_.size(), CV_8U);
    for (const auto& part : marks) {
      // Dots and strokes that belong to a letter lie in or just beside its box.
      const cv::Rect window = around(part.box, kBlend);
      found(window).setTo(255, parts_.numbers(window) == part.number);
      const cv::Rect letter =
          around(part.box, std::max(kBlend, part.box.height < kLeastBar ? part.box.height / 3 : 0));
      found(letter).setTo(255, grey_(letter) == value_);
    }
    cv::Mat near, edge;
    cv::dilate(found, edge, cv::Mat());
    cv::dilate(found, near, cv::getStructuringElement(cv::MORPH_RECT, {2 * kBlend + 1, 2 * kBlend + 1}));
    const double difference = value_ - background_;
    const cv::Mat blended = (grey_ - background_) * (1 / difference) > kBlended;
    return found | edge | (near & blended);
  }

  const cv::Mat& grey_;
  float value_;
  double background_;
  Parts parts_;
};

}  // namespace

void mark_burnt_in(const torch::Tensor& grey, torch::Tensor& kinds) {
  const auto height = static_cast<int>(grey.size(0)), width = static_cast<int>(grey.size(1));
  const cv::Mat values(height, width, CV_32F, grey.data_ptr());
  cv::Mat marked(height, width, CV_8U, kinds.data_ptr());
  const cv::Mat free = marked == 0;
  if (cv::countNonZero(free) == 0) return;
  const auto levels = measure_levels(grey, kinds);
  for (const float value : mark_values(values, free, levels)) {
    const cv::Mat found = MarksOfValue(values, free, value, levels).find();
    if (!found.empty()) marked.setTo(static_cast<int>(ArtefactKind::kMark), found & free);
  }
}

}  // namespace priorseg
