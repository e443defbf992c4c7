#include "priorseg/detector/size_estimate.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/image/background.h"
#include "priorseg/image/clean_image.h"

namespace priorseg {
namespace {

constexpr std::array kLevels = {0.3, 0.4, 0.5, 0.6, 0.7};  // of mapped intensity
constexpr int kMostRounds = 6;
constexpr double kSettled = 1.1;             // rounds end when the largest size changes by a smaller factor
constexpr double kFirstLargest = 60;         // px: where the rounds start
constexpr double kLow = 0.05, kHigh = 0.95;  // shares of the area below the sizes that the range must hold
constexpr double kBelowLow = 0.9, kAboveHigh = 1.15;
constexpr double kBelowMiddle = 1.8, kAboveMiddle = 1.9;  // of the median
constexpr double kSmallest = 4;                           // px
constexpr double kWidest = 10;                            // largest by smallest size

}  // namespace

void SizeEstimator::add(const Image& image) {
  const auto clean = clean_source(image, options_);
  images_.push_back({resize_clean(clean.read(0, image.height), {image.height, image.width}), clean.quantum});
}

/// @param largest  object that the intensity mapping is told of, px.
std::vector<CompactRegion> SizeEstimator::regions(double largest) const {
  std::vector<CompactRegion> all;
  for (const auto& [grey, quantum] : images_) {
    const auto flat = flatten_image(grey, quantum, options_, largest);
    const auto mapped = map_intensity(flat.grey, flat.statistics, options_, largest);
    for (const double level : kLevels)
      for (const auto& region : compact_regions(mapped > level)) all.push_back(region);
  }
  return all;
}

SizeRange SizeEstimator::estimate() const {
  double largest = kFirstLargest;
  for (int round = 0;; ++round) {
    const auto found = regions(largest);
    if (found.empty())
      throw Error("no object stands out of the images; give the sizes with --size MIN:MAX in px");
    const double low = size_at(found, kLow), middle = size_at(found, 0.5), high = size_at(found, kHigh);
    SizeRange range;
    range.min = std::max(kSmallest, std::min(kBelowLow * low, middle / kBelowMiddle));
    range.max = std::max(kAboveHigh * high, middle * kAboveMiddle);
    range.min = std::max(range.min, range.max / kWidest);
    const double change = std::max(range.max / largest, largest / range.max);
    if (change < kSettled || round + 1 == kMostRounds) return range;
    largest = range.max;
  }
}

}  // namespace priorseg
