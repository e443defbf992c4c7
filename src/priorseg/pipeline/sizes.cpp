#include "priorseg/pipeline/sizes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "priorseg/data/image_list.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/image_scale.h"
#include "priorseg/detector/size_estimate.h"
#include "priorseg/pipeline/image_crops.h"

namespace priorseg {
namespace {

constexpr int64_t kMostCompared = 60;

/// Of a range with levels: the median over images of what their edges outline.
void measure_typical_of_levels(const std::vector<ImageInput>& images, DetectorOptions& detector,
                               Observer& observer) {
  std::vector<double> sizes;
  for_each_crop(spread_images(images, kMostCompared), "compare images", observer, Unreadable::kPassedOver,
                [&](const Image& crop) {
                  const auto regions = outlined_image(crop, detector).regions;
                  if (!regions.empty()) sizes.push_back(typical_size(regions));
                });
  if (sizes.empty()) return;
  const auto middle = sizes.begin() + std::ssize(sizes) / 2;
  std::nth_element(sizes.begin(), middle, sizes.end());
  detector.size.typical = std::round(100 * std::clamp(*middle, detector.size.min, detector.size.max)) / 100;
}

}  // namespace

void estimate_sizes(const std::vector<ImageInput>& images, Settings& settings, Observer& observer) {
  SizeEstimator estimator(settings.detector.intensity, settings.detector.size.level_span);
  const auto looked_at = spread_images(images, kMostLookedAt);
  for_each_crop(looked_at, "estimate sizes", observer, Unreadable::kPassedOver,
                [&](const Image& crop) { estimator.add(middle_of(crop, kMostSideLookedAt)); });
  const SizeRange range = estimator.estimate();
  auto& size = settings.detector.size;
  size.min = std::round(10 * range.min) / 10;
  size.max = std::round(10 * range.max) / 10;
  settings.validate();
  char sizes[64];
  std::snprintf(sizes, sizeof(sizes), "%g:%g", size.min, size.max);
  observer.info("sizes estimated from " + std::to_string(looked_at.size()) + " images: --size " + sizes +
                "; give other sizes where the outlines are wrong");
}

void measure_typical_object(const std::vector<ImageInput>& images, Settings& settings, Observer& observer) {
  auto& detector = settings.detector;
  // Those of a settings file may be of other images.
  detector.size.typical = detector.size.typical_of_large = 0;
  if (detector.size.has_levels()) {
    measure_typical_of_levels(images, detector, observer);
    return;
  }
  if (!detector.size.own_scale) return;
  const auto scale = network_scale(detector.size, detector.localizer.cell_size(), settings.prior.fill);
  std::vector<TypicalObject> objects;
  for_each_crop(spread_images(images, kMostCompared), "compare images", observer, Unreadable::kPassedOver,
                [&](const Image& crop) { objects.push_back(typical_object(crop, detector, scale)); });
  compare_images(objects, detector.size);
}

}  // namespace priorseg
