#include "priorseg/data/object_placement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "priorseg/shapes/outline_families.h"

namespace priorseg {
namespace {

constexpr int kGap = 2;               // px between objects that do not touch
constexpr int kMinArea = 12;          // px; smaller remains are not worth a label
constexpr double kMinVisible = 0.3;   // share of an object that the border and its neighbours must leave
constexpr double kMaxOverlap = 0.15;  // share of an object that its neighbours may take
constexpr int kTriesPerObject = 20;

double longest_diameter(const Outline& outline) {
  double squared = 0;
  for (size_t i = 0; i < outline.size(); ++i) {
    for (size_t j = i + 1; j < outline.size(); ++j) {
      squared = std::max(squared,
                         std::pow(outline[i].x - outline[j].x, 2) + std::pow(outline[i].y - outline[j].y, 2));
    }
  }
  return std::sqrt(squared);
}

// The coverage of one object in a window of its own.
struct Stamp {
  cv::Mat coverage;  // float
  cv::Mat reach;     // float, `coverage` grown by kGap; the window has room for it
  double area = 0;
};

Stamp draw_stamp(const SimulatorOptions& options, Random& random) {
  Outline outline = draw_outline({options.ellipses, options.rods, options.spindles, options.contours},
                                 {options.min_axis_ratio, options.max_axis_ratio}, random);
  deform(outline, options.elastic, random);
  // Most objects are of middle size.
  const double share = 0.5 * (random.uniform(0, 1) + random.uniform(0, 1));
  const double size = options.min_size + share * (options.max_size - options.min_size);
  const double scale = size / longest_diameter(outline);
  const Bounds bounds = bounds_of(outline);
  const double margin = kGap + 1;
  const double x0 = margin + random.uniform(0, 1);  // objects lie anywhere between pixels
  const double y0 = margin + random.uniform(0, 1);
  const Bounds target{x0, y0, x0 + scale * bounds.width(), y0 + scale * bounds.height()};
  fit_to(outline, target);
  const torch::Tensor drawn = coverage(outline, static_cast<int64_t>(std::ceil(target.y1 + margin)),
                                       static_cast<int64_t>(std::ceil(target.x1 + margin)));
  Stamp stamp;
  stamp.coverage = cv::Mat(static_cast<int>(drawn.size(0)), static_cast<int>(drawn.size(1)), CV_32F,
                           drawn.data_ptr<float>())
                       .clone();
  const cv::Size side(2 * kGap + 1, 2 * kGap + 1);
  cv::dilate(stamp.coverage, stamp.reach, cv::getStructuringElement(cv::MORPH_ELLIPSE, side));
  stamp.area = cv::sum(stamp.coverage)[0];
  return stamp;
}

class Placement {
 public:
  Placement(const SimulatorOptions& options, Random& random)
      : options_(options),
        random_(random),
        labels_(cv::Mat::zeros(static_cast<int>(options.height), static_cast<int>(options.width), CV_32S)),
        occupied_(cv::Mat::zeros(labels_.size(), CV_32F)) {}

  Scene run() {
    const double wanted = options_.covered * static_cast<double>(labels_.total());
    const auto most = options_.max_objects > 0
                          ? static_cast<size_t>(random_.integer(options_.min_objects, options_.max_objects))
                          : std::numeric_limits<size_t>::max();
    double covered = 0;
    int failures = 0;
    while (covered < wanted && objects_.size() < most &&
           failures < kTriesPerObject * (10 + static_cast<int>(objects_.size()))) {
      const Stamp stamp = draw_stamp(options_, random_);
      const bool touch = !objects_.empty() && random_.chance(options_.touching);
      const std::optional<cv::Point> corner = touch ? corner_beside_another(stamp) : free_corner(stamp);
      const double area = corner ? place(stamp, *corner) : 0;
      covered += area;
      failures += area == 0;
    }
    Scene scene;
    scene.labels = torch::empty({options_.height, options_.width}, torch::kInt32);
    labels_.copyTo(cv::Mat(labels_.rows, labels_.cols, CV_32S, scene.labels.data_ptr<int32_t>()));
    scene.objects = std::move(objects_);
    return scene;
  }

 private:
  cv::Rect inside(const Stamp& stamp, cv::Point corner) const {
    return cv::Rect(corner, stamp.coverage.size()) & cv::Rect(cv::Point(), labels_.size());
  }

  // Sum over the pixels of what `map` (of the stamp) and the earlier objects both take.
  double shared(const cv::Mat& map, const Stamp& stamp, cv::Point corner) const {
    const cv::Rect window = inside(stamp, corner);
    if (window.empty()) return 0;
    cv::Mat both;
    cv::min(map(window - corner), occupied_(window), both);
    return cv::sum(both)[0];
  }

  std::optional<cv::Point> free_corner(const Stamp& stamp) {
    const cv::Point corner(
        static_cast<int>(random_.integer(0, options_.width - 1)) - stamp.coverage.cols / 2,
        static_cast<int>(random_.integer(0, options_.height - 1)) - stamp.coverage.rows / 2);
    if (shared(stamp.reach, stamp, corner) > 0) return std::nullopt;
    return corner;
  }

  // Comes from outside towards a random object and stops where the two overlap by a few pixels.
  std::optional<cv::Point> corner_beside_another(const Stamp& stamp) {
    const auto last = static_cast<int64_t>(objects_.size()) - 1;
    const PlacedObject& other = objects_[static_cast<size_t>(random_.integer(0, last))];
    const double angle = random_.uniform(0, 2 * std::numbers::pi);
    const auto other_height = static_cast<double>(other.coverage.size(0));
    const auto other_width = static_cast<double>(other.coverage.size(1));
    const double centre_x = static_cast<double>(other.x0) + 0.5 * other_width - 0.5 * stamp.coverage.cols;
    const double centre_y = static_cast<double>(other.y0) + 0.5 * other_height - 0.5 * stamp.coverage.rows;
    double distance =
        0.5 * (std::hypot(other_width, other_height) + std::hypot(stamp.coverage.cols, stamp.coverage.rows));
    for (; distance > 0; distance -= 1) {
      const cv::Point corner(static_cast<int>(std::lround(centre_x + distance * std::cos(angle))),
                             static_cast<int>(std::lround(centre_y + distance * std::sin(angle))));
      const double overlap = shared(stamp.coverage, stamp, corner);
      if (overlap > kMaxOverlap * stamp.area) return std::nullopt;
      if (overlap > 2 + 0.02 * stamp.area) return corner;
    }
    return std::nullopt;
  }

  // Gives the object the pixels that earlier ones left free. Returns the new object's area, 0 if too little
  // is left.
  double place(const Stamp& stamp, cv::Point corner) {
    const cv::Rect window = inside(stamp, corner);
    if (window.empty()) return 0;
    cv::Mat free = 1.0f - occupied_(window);
    cv::Mat taken;
    cv::min(stamp.coverage(window - corner), free, taken);
    const cv::Mat kept = largest_part((taken >= 0.5) & (labels_(window) == 0));
    const int area = kept.empty() ? 0 : cv::countNonZero(kept);
    if (area < kMinArea || area < kMinVisible * stamp.area) return 0;
    // What was cut off from the largest part disappears from the picture too, except for its soft border.
    cv::Mat near;
    cv::dilate(kept, near, cv::Mat::ones(3, 3, CV_8U));
    taken.setTo(0, near == 0);
    add(window, taken, kept);
    return area;
  }

  void add(const cv::Rect& window, const cv::Mat& taken, const cv::Mat& kept) {
    const auto label = static_cast<int32_t>(objects_.size()) + 1;
    labels_(window).setTo(label, kept);
    occupied_(window) += taken;
    torch::Tensor coverage = torch::empty({window.height, window.width}, torch::kFloat32);
    taken.copyTo(cv::Mat(window.height, window.width, CV_32F, coverage.data_ptr<float>()));
    objects_.push_back({window.x, window.y, label, coverage});
  }

  static cv::Mat largest_part(const cv::Mat& mask) {
    cv::Mat parts, statistics, centroids;
    const int count = cv::connectedComponentsWithStats(mask, parts, statistics, centroids, 4);
    if (count < 2) return {};
    int best = 1;
    for (int part = 2; part < count; ++part) {
      if (statistics.at<int>(part, cv::CC_STAT_AREA) > statistics.at<int>(best, cv::CC_STAT_AREA))
        best = part;
    }
    return parts == best;
  }

  const SimulatorOptions& options_;
  Random& random_;
  cv::Mat labels_;
  cv::Mat occupied_;  // float, share of each pixel that is taken
  std::vector<PlacedObject> objects_;
};

}  // namespace

Scene place_objects(const SimulatorOptions& options, Random& random) {
  return Placement(options, random).run();
}

}  // namespace priorseg
