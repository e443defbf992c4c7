#include "priorseg/output/report_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace priorseg {
namespace {

constexpr size_t kMostDoubtful = 20;

double mean_of(const std::vector<ObjectMeasurements>& objects, double ObjectMeasurements::*figure) {
  if (objects.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const auto& object : objects) sum += object.*figure;
  return sum / static_cast<double>(objects.size());
}

}  // namespace

PictureChoice::PictureChoice(int64_t num_images, int64_t num_pictures)
    : num_images_(num_images),
      num_spread_(num_images <= num_pictures ? num_images : (num_pictures + 1) / 2),
      num_doubtful_(static_cast<size_t>(num_pictures - std::min(num_pictures, num_spread_))) {}

bool PictureChoice::is_spread(int64_t image) const {
  return (image + 1) * num_spread_ / num_images_ > image * num_spread_ / num_images_;
}

bool PictureChoice::may_be_shown(int64_t image, double doubt) {
  if (is_spread(image)) return true;
  if (num_doubtful_ == 0 || std::isnan(doubt)) return false;
  const std::lock_guard lock(mutex_);
  const auto place = doubtful_.insert({doubt, image}).first;
  if (doubtful_.size() <= num_doubtful_) return true;
  const bool is_last = std::next(place) == doubtful_.end();
  doubtful_.erase(std::prev(doubtful_.end()));
  return !is_last;
}

bool PictureChoice::is_shown(int64_t image) const {
  return is_spread(image) || std::any_of(doubtful_.begin(), doubtful_.end(),
                                         [&](const auto& entry) { return entry.second == image; });
}

void DoubtfulObjects::add(const std::string& image, const std::vector<ObjectMeasurements>& objects) {
  for (const auto& object : objects) {
    const bool has_quality = !std::isnan(object.quality);
    if (!has_quality && std::isnan(object.score)) continue;
    lowest_.push_back({image, object.label, has_quality ? object.quality : object.score, has_quality,
                       object.centroid_x, object.centroid_y});
  }
  std::stable_sort(lowest_.begin(), lowest_.end(),
                   [](const auto& a, const auto& b) { return a.value < b.value; });
  if (lowest_.size() > kMostDoubtful) lowest_.resize(kMostDoubtful);
}

double mean_score(const std::vector<ObjectMeasurements>& objects) {
  return mean_of(objects, &ObjectMeasurements::score);
}

double mean_quality(const std::vector<ObjectMeasurements>& objects) {
  return mean_of(objects, &ObjectMeasurements::quality);
}

}  // namespace priorseg
