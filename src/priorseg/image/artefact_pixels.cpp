#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/image/artefact_finders.h"
#include "priorseg/image/artefacts.h"

namespace priorseg {
namespace {

constexpr int64_t kMostSamples = 50'000;

constexpr int kStretch = 64;              // px of a line that are judged together
constexpr int kShortest = 24;             // px: of an image with fewer rows no column is judged
constexpr int kWidest = 3;                // px
constexpr int kBeside = 4;                // px to the neighbours that a line is compared with
constexpr double kLineStandsOut = 10;     // noise sigmas
constexpr double kSteady = 0.9;           // share of a stretch that is off in the same direction
constexpr double kLeastStretches = 0.25;  // of the stretches of a line

constexpr int kWindow = 5;                  // px around a speck
constexpr double kBrighterThanObjects = 2;  // times their contrast: fainter ones do no harm
constexpr double kHarmsAlone = 6;           // times: it dims what is near it in the `local` mapping
constexpr double kManySpecks = 5e-4;        // of the pixels: they change the figures of the image
constexpr double kOutOfWindow = 8;          // sigmas of the other pixels of the window
constexpr int kMostTogether = 3;            // px of one speck
constexpr double kSpeckStandsOut = 12;      // noise sigmas

template <class Value>
Value quantile(std::vector<Value>& values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

/// Whether what stands out of `level` as row[column] does ends after three px.
bool is_narrow(const float* row, int column, float level) {
  const float sign = row[column] > level ? 1.0f : -1.0f;
  int width = 1;
  for (const int step : {-1, 1})
    for (int x = column + step; std::abs(x - column) < kBeside && sign * (row[x] - level) > 0; x += step)
      ++width;
  return width <= kWidest;
}

/// Whether a stretch of a column is brighter, or darker, than both columns beside it nearly everywhere.
bool stretch_is_off(const cv::Mat& grey, const cv::Mat& marked, int column, int first, int last,
                    float least) {
  int brighter = 0, darker = 0, judged = 0;
  const int most_others = static_cast<int>((1 - kSteady) * (last - first)) + 1;
  for (int y = first; y < last; ++y) {
    const auto* row = grey.ptr<float>(y);
    if (marked.at<uint8_t>(y, column)) continue;
    ++judged;
    const float left = row[column - kBeside], right = row[column + kBeside];
    const float above = row[column] - std::max(left, right), below = std::min(left, right) - row[column];
    brighter += above > least && is_narrow(row, column, row[column] - above / 2);
    darker += below > least && is_narrow(row, column, row[column] + below / 2);
    if (judged - std::max(brighter, darker) > most_others) return false;  // it cannot become steady any more
  }
  return 2 * judged >= last - first && std::max(brighter, darker) >= kSteady * judged;
}

/// Columns of `grey` that are off; the outermost ones have no neighbours to be compared with.
void mark_columns(const cv::Mat& grey, cv::Mat& marked, double noise) {
  if (grey.rows < kShortest || grey.cols <= 2 * kBeside) return;
  const int stretches = std::max(1, grey.rows / kStretch);
  const auto least = static_cast<float>(kLineStandsOut * noise);
  const cv::Mat before = marked.clone();
  for (int x = kBeside; x + kBeside < grey.cols; ++x) {
    std::vector<std::array<int, 2>> off;
    for (int i = 0; i < stretches; ++i) {
      const int first = i * grey.rows / stretches, last = (i + 1) * grey.rows / stretches;
      if (stretch_is_off(grey, before, x, first, last, least)) off.push_back({first, last});
    }
    if (static_cast<double>(off.size()) < std::max(1.0, kLeastStretches * stretches)) continue;
    for (const auto& [first, last] : off)
      for (int y = first; y < last; ++y) {
        auto& kind = marked.at<uint8_t>(y, x);
        if (kind == 0) kind = static_cast<uint8_t>(ArtefactKind::kLine);
      }
  }
}

/// The pixels of the image in the window around a pixel; those at the border count for what lies beyond it.
float median_around(const cv::Mat& grey, int y, int x) {
  std::array<float, kWindow * kWindow> values;
  auto* value = values.begin();
  for (int v = y - kWindow / 2; v <= y + kWindow / 2; ++v)
    for (int u = x - kWindow / 2; u <= x + kWindow / 2; ++u)
      *value++ = grey.at<float>(std::clamp(v, 0, grey.rows - 1), std::clamp(u, 0, grey.cols - 1));
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Medians of windows, right where a pixel may differ from them by more than `least`; elsewhere the pixel
/// itself. A median lies between the lowest and the highest value of its window, which are found far sooner.
cv::Mat medians_where_needed(const cv::Mat& grey, double least) {
  constexpr size_t kFewInAll = 50;  // of so many pixels one: for more the median of all is sooner done
  const cv::Mat window = cv::Mat::ones(kWindow, kWindow, CV_8U);
  cv::Mat lowest, highest;
  cv::erode(grey, lowest, window);
  cv::dilate(grey, highest, window);
  std::vector<cv::Point> needed;
  for (int y = 0; y < grey.rows; ++y) {
    const auto *own = grey.ptr<float>(y), *low = lowest.ptr<float>(y), *high = highest.ptr<float>(y);
    for (int x = 0; x < grey.cols; ++x)
      if (own[x] - low[x] > least || high[x] - own[x] > least) needed.emplace_back(x, y);
  }
  cv::Mat medians;
  if (needed.size() > grey.total() / kFewInAll) {
    cv::medianBlur(grey, medians, kWindow);
    return medians;
  }
  medians = grey.clone();
  for (const auto& place : needed) medians.at<float>(place) = median_around(grey, place.y, place.x);
  return medians;
}

/// Whether a pixel falls off at once and is no noise: hardly any pixel beside it stands out half as much, and
/// those of its window differ far less from their median.
bool is_alone(const cv::Mat& grey, int y, int x, float median) {
  const float own = grey.at<float>(y, x) - median, half = own / 2;
  int together = 0;
  std::vector<float> distances;
  for (int v = std::max(0, y - kWindow / 2); v <= std::min(grey.rows - 1, y + kWindow / 2); ++v)
    for (int u = std::max(0, x - kWindow / 2); u <= std::min(grey.cols - 1, x + kWindow / 2); ++u) {
      const float difference = grey.at<float>(v, u) - median;
      const bool is_beside = std::abs(v - y) <= 1 && std::abs(u - x) <= 1;
      together += is_beside && (half > 0 ? difference > half : difference < half);
      distances.push_back(std::abs(difference));
    }
  return together <= kMostTogether && std::abs(own) > kOutOfWindow * 1.4826 * quantile(distances, 0.5);
}

}  // namespace

GreyLevels measure_levels(const torch::Tensor& grey, const torch::Tensor& kinds) {
  const int64_t step = std::max<int64_t>(1, grey.numel() / kMostSamples) | 1;
  const auto* value = grey.data_ptr<float>();
  const auto* kind = kinds.data_ptr<uint8_t>();
  std::vector<float> values, differences;
  for (int64_t i = 0; i + 1 < grey.numel(); i += step) {
    if (kind[i]) continue;
    values.push_back(value[i]);
    if (!kind[i + 1]) differences.push_back(std::abs(value[i + 1] - value[i]));
  }
  GreyLevels levels;
  if (values.empty() || differences.empty()) return levels;
  levels.background = quantile(values, 0.5);
  levels.contrast =
      std::max(quantile(values, 0.97) - levels.background, levels.background - quantile(values, 0.03));
  levels.noise = 1.4826 * quantile(differences, 0.5) / std::sqrt(2.0);
  // Where most neighbours are equal, a step of the grey values is all the noise that can be told.
  float step_of_values = std::numeric_limits<float>::infinity();
  for (const float difference : differences)
    if (difference > 0) step_of_values = std::min(step_of_values, difference);
  if (std::isfinite(step_of_values)) levels.noise = std::max(levels.noise, step_of_values / std::sqrt(12.0));
  levels.noise = std::max(levels.noise, 0.01 * levels.contrast);
  return levels;
}

void mark_lines(const torch::Tensor& grey, torch::Tensor& kinds) {
  const auto height = static_cast<int>(grey.size(0)), width = static_cast<int>(grey.size(1));
  const cv::Mat values(height, width, CV_32F, grey.data_ptr());
  cv::Mat marked(height, width, CV_8U, kinds.data_ptr());
  const double noise = measure_levels(grey, kinds).noise;
  if (noise <= 0) return;
  const cv::Mat turned = values.t();
  cv::Mat turned_marks = marked.t();
  mark_columns(values, marked, noise);
  mark_columns(turned, turned_marks, noise);
  cv::max(marked, turned_marks.t(), marked);
}

void mark_specks(const torch::Tensor& grey, torch::Tensor& kinds) {
  const auto height = static_cast<int>(grey.size(0)), width = static_cast<int>(grey.size(1));
  const cv::Mat values(height, width, CV_32F, grey.data_ptr());
  cv::Mat marked(height, width, CV_8U, kinds.data_ptr());
  const auto levels = measure_levels(grey, kinds);
  const double least = std::max(kSpeckStandsOut * levels.noise, kBrighterThanObjects * levels.contrast);
  if (least <= 0 || std::min(height, width) < kWindow) return;
  const cv::Mat medians = medians_where_needed(values, least);
  std::vector<cv::Point> specks;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const float median = medians.at<float>(y, x);
      if (std::abs(values.at<float>(y, x) - median) > least && marked.at<uint8_t>(y, x) == 0 &&
          is_alone(values, y, x, median))
        specks.push_back({x, y});
    }
  // A few faint ones change nothing, and may be grains of an object.
  const bool are_many = static_cast<double>(specks.size()) >= kManySpecks * static_cast<double>(grey.numel());
  for (const auto& place : specks) {
    const float difference = std::abs(values.at<float>(place) - medians.at<float>(place));
    if (are_many || difference > kHarmsAlone * levels.contrast)
      marked.at<uint8_t>(place) = static_cast<uint8_t>(ArtefactKind::kSpeck);
  }
}

}  // namespace priorseg
