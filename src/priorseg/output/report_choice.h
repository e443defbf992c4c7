#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "priorseg/output/measurements.h"
#include "priorseg/output/report.h"

namespace priorseg {

/// Chooses the images of a batch that the report shows pictures of: half of them evenly spread, half that
/// look most doubtful, because there something may be wrong. Which these are is known at the end only;
/// pictures are made of those that may still be among them. Several threads may ask at the same time.
class PictureChoice {
 public:
  /// @param num_pictures  0 = none.
  PictureChoice(int64_t num_images, int64_t num_pictures);

  /// True where this image belongs to the chosen ones as far as is known. To be called once for each image.
  /// @param doubt  order_of_doubt(), NaN = none.
  bool may_be_shown(int64_t image, double doubt);

  /// After the last image: true where it belongs to the chosen ones.
  bool is_shown(int64_t image) const;

 private:
  bool is_spread(int64_t image) const;

  int64_t num_images_, num_spread_;
  size_t num_doubtful_;
  std::set<std::pair<double, int64_t>> doubtful_;  // order of doubt and number, the worst so far
  std::mutex mutex_;
};

/// Keeps the objects of the lowest quality of all that were given; where no quality is known, of the lowest
/// score.
class DoubtfulObjects {
 public:
  void add(const std::string& image, const std::vector<ObjectMeasurements>& objects);
  /// The lowest first; of equal ones those that came first.
  const std::vector<DoubtfulObject>& lowest() const { return lowest_; }

 private:
  std::vector<DoubtfulObject> lowest_;
};

/// Means over an image's objects; NaN without any, or where it is not known of all.
double mean_score(const std::vector<ObjectMeasurements>& objects);
double mean_quality(const std::vector<ObjectMeasurements>& objects);

}  // namespace priorseg
