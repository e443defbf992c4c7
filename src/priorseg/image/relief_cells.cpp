#include "priorseg/image/relief_cells.h"

#include <numbers>
#include <opencv2/imgproc.hpp>

#include "priorseg/image/relief.h"

namespace priorseg {
namespace {

constexpr float kLevelOfReliefCell = 0.5F;
constexpr double kLeastReliefCell = std::numbers::pi / 4 * kSmallestReliefCell * kSmallestReliefCell;  // px

}  // namespace

std::vector<int32_t> number_relief_cells(const std::vector<float>& relief, int64_t height, int64_t width) {
  cv::Mat above(static_cast<int>(height), static_cast<int>(width), CV_8U), parts, figures, centres;
  for (size_t i = 0; i < relief.size(); ++i) above.data[i] = relief[i] > kLevelOfReliefCell;
  const int count = cv::connectedComponentsWithStats(above, parts, figures, centres, 4, CV_32S);
  std::vector<int32_t> number_of_part(static_cast<size_t>(count));
  int32_t last = 0;
  for (int part = 1; part < count; ++part)  // 0 is the ground
    if (figures.at<int>(part, cv::CC_STAT_AREA) >= kLeastReliefCell)
      number_of_part[static_cast<size_t>(part)] = ++last;
  std::vector<int32_t> numbers(relief.size());
  for (size_t i = 0; i < relief.size(); ++i)
    numbers[i] = number_of_part[static_cast<size_t>(parts.ptr<int32_t>()[i])];
  return numbers;
}

}  // namespace priorseg
