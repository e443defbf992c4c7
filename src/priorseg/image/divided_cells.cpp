#include "priorseg/image/divided_cells.h"

#include <algorithm>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace priorseg {
namespace {

constexpr double kSmoothCellDistance = 1;  // px, sigma
constexpr float kLeastRiseOfCell = 3.5;    // px above the pass

/// The cells of a flood that sinks: hills come up as islands and grow together.
class Islands {
 public:
  Islands(const cv::Mat& height, int least_area)
      : height_(height), least_area_(least_area), island_(height.size(), CV_32S, cv::Scalar(0)) {}

  void surface(const cv::Point& at) {
    const float level = height_.at<float>(at);
    int32_t mine = 0;
    for (int y = std::max(0, at.y - 1); y <= std::min(height_.rows - 1, at.y + 1); ++y)
      for (int x = std::max(0, at.x - 1); x <= std::min(height_.cols - 1, at.x + 1); ++x)
        if (const int32_t island = island_.at<int32_t>(y, x); island != 0)
          mine = mine == 0 ? root(island) : meet(mine, root(island), level);
    if (mine == 0) {
      mine = static_cast<int32_t>(grown_.size());
      grown_.push_back({mine, level, 0});
    }
    island_.at<int32_t>(at) = mine;
    ++grown_[static_cast<size_t>(mine)].area;
  }

  cv::Mat take() {
    for (auto it = island_.begin<int32_t>(); it != island_.end<int32_t>(); ++it) *it = root(*it);
    return island_;
  }

 private:
  struct Island {
    int32_t parent;
    float peak;
    int64_t area;
  };

  int32_t root(int32_t island) {
    auto parent = [&](int32_t of) -> int32_t& { return grown_[static_cast<size_t>(of)].parent; };
    while (parent(island) != island) island = parent(island) = parent(parent(island));
    return island;
  }

  /// @return the island that a pixel between the two belongs to: both, or the first.
  int32_t meet(int32_t first, int32_t second, float level) {
    if (first == second) return first;
    auto &a = grown_[static_cast<size_t>(first)], &b = grown_[static_cast<size_t>(second)];
    const bool is_first_lower = a.peak < b.peak;
    auto &lower = is_first_lower ? a : b, &higher = is_first_lower ? b : a;
    if (lower.peak - level >= kLeastRiseOfCell && std::min(a.area, b.area) >= least_area_) return first;
    lower.parent = is_first_lower ? second : first;
    higher.area += lower.area;
    return lower.parent;
  }

  const cv::Mat height_;
  const int64_t least_area_;
  cv::Mat island_;
  std::vector<Island> grown_ = {{0, 0, 0}};  // 0: the sea
};

}  // namespace

cv::Mat divide_cells(const cv::Mat& cells, const cv::Mat& borders, int least_area) {
  cv::Mat height;
  cv::distanceTransform((cells != 0) & (borders == 0), height, cv::DIST_L2, cv::DIST_MASK_5);
  cv::GaussianBlur(height, height, {}, kSmoothCellDistance);
  std::vector<cv::Point> places;
  cv::findNonZero(cells, places);
  std::stable_sort(places.begin(), places.end(), [&](const cv::Point& a, const cv::Point& b) {
    return height.at<float>(a) > height.at<float>(b);
  });
  Islands islands(height, least_area);
  for (const auto& place : places) islands.surface(place);
  return islands.take();
}

}  // namespace priorseg
