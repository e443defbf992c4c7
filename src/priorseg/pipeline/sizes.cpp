#include "priorseg/pipeline/sizes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "priorseg/data/image_list.h"
#include "priorseg/detector/image_scale.h"
#include "priorseg/detector/size_estimate.h"
#include "priorseg/pipeline/image_crops.h"

namespace priorseg {
namespace {

constexpr int64_t kMostImages = 24;
constexpr int64_t kMostCompared = 60;
constexpr int64_t kMostSide = 2048;  // px: of a larger image its middle is looked at

torch::Tensor middle_of(const torch::Tensor& pixels, int64_t dimension) {
  const int64_t length = pixels.size(dimension), kept = std::min(length, kMostSide);
  return pixels.narrow(dimension, (length - kept) / 2, kept);
}

}  // namespace

void estimate_sizes(const std::vector<ImageInput>& images, Settings& settings, Observer& observer) {
  SizeEstimator estimator(settings.detector.intensity);
  const auto looked_at = spread_images(images, kMostImages);
  for_each_crop(looked_at, "estimate sizes", observer, Unreadable::kPassedOver, [&](const Image& crop) {
    estimator.add({middle_of(middle_of(crop.pixels, 1), 2).clone(), crop});
  });
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
  if (!detector.size.own_scale) return;
  const auto scale = network_scale(detector.size, detector.localizer.cell_size(), settings.prior.fill);
  std::vector<TypicalObject> objects;
  for_each_crop(spread_images(images, kMostCompared), "compare images", observer, Unreadable::kPassedOver,
                [&](const Image& crop) { objects.push_back(typical_object(crop, detector, scale)); });
  compare_images(objects, detector.size);
}

}  // namespace priorseg
