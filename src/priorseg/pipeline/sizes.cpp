#include "priorseg/pipeline/sizes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/image_scale.h"
#include "priorseg/detector/size_estimate.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/relief.h"
#include "priorseg/output/markup.h"
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
  if (range.is_cut_off)
    observer.warn("sizes were estimated beyond the " + short_number(kSmallestReliefCell) + " to " +
                  short_number(kLargestReliefCell) +
                  " px of the cells that --polarity relief shows, and were cut off there: rescale the images "
                  "where cells are smaller or larger");
}

MinMax sizes_in_px(const MinMax& um, const std::vector<ImageInput>& images, Observer& observer) {
  constexpr double kSame = 1.02;  // factor
  double known = 0;
  std::string first;
  for (const auto& image : spread_images(images, kMostLookedAt)) {
    PixelSize size;
    try {
      size = ImageReader(image).info().pixel_size;
    } catch (const Error&) {  // told when it is to be learned from
      continue;
    }
    const double here = std::sqrt(size.um_per_pixel_x() * size.um_per_pixel_y());
    if (!(here > 0))
      throw Error("sizes are given in um, but " + image.name() +
                  " does not say how large a pixel is; give them in px, e.g. --size 18:56");
    if (known > 0 && std::max(here, known) > kSame * std::min(here, known))
      throw Error("sizes are given in um, but a pixel of " + first + " has " + short_number(known) +
                  " um and one of " + image.name() + " " + short_number(here) +
                  " um; images of one training have one scale");
    if (known == 0) known = here, first = image.name();
  }
  if (known == 0) throw Error("none of the " + std::to_string(images.size()) + " images can be read");
  const auto px = [&](double length) { return std::round(10 * length / known) / 10; };
  const MinMax sizes{px(um.min), px(um.max)};
  observer.info("a pixel has " + short_number(known) + " um: --size " + short_number(sizes.min) + ":" +
                short_number(sizes.max));
  return sizes;
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
