#include "image_sizes.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "image_crops.h"
#include "priorseg/detector/image_scale.h"
#include "priorseg/detector/size_estimate.h"

namespace priorseg::program {
namespace {

constexpr int64_t kMostImages = 24;
constexpr int64_t kMostCompared = 60;
constexpr int64_t kMostSide = 2048;  // px: of a larger image its middle is looked at

torch::Tensor middle_of(const torch::Tensor& pixels, int64_t dimension) {
  const int64_t length = pixels.size(dimension), kept = std::min(length, kMostSide);
  return pixels.narrow(dimension, (length - kept) / 2, kept);
}

}  // namespace

void estimate_sizes(const std::vector<std::filesystem::path>& images, Settings& settings,
                    const ProgressCallback& progress) {
  SizeEstimator estimator(settings.detector.intensity);
  const auto looked_at = spread(images, kMostImages);
  for_each_crop(looked_at, "estimate sizes", progress, Unreadable::kPassedOver, [&](const Image& crop) {
    estimator.add({middle_of(middle_of(crop.pixels, 1), 2).clone(), crop});
  });
  const SizeRange range = estimator.estimate();
  auto& size = settings.detector.size;
  size.min = std::round(10 * range.min) / 10;
  size.max = std::round(10 * range.max) / 10;
  settings.validate();
  spdlog::info(
      "sizes estimated from {} images: --size {:g}:{:g}; give other sizes where the outlines are wrong",
      looked_at.size(), size.min, size.max);
}

void measure_typical_object(const std::vector<std::filesystem::path>& images, Settings& settings,
                            const ProgressCallback& progress) {
  auto& detector = settings.detector;
  // Those of a settings file may be of other images.
  detector.size.typical = detector.size.typical_of_large = 0;
  if (!detector.size.own_scale) return;
  const auto scale = network_scale(detector.size, detector.localizer.cell_size(), settings.prior.fill);
  std::vector<TypicalObject> objects;
  for_each_crop(spread(images, kMostCompared), "compare images", progress, Unreadable::kPassedOver,
                [&](const Image& crop) { objects.push_back(typical_object(crop, detector, scale)); });
  compare_images(objects, detector.size);
}

}  // namespace priorseg::program
