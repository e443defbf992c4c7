#include "priorseg/detector/size_estimate.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/image/background.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/image/outlined_regions.h"
#include "priorseg/image/relief.h"

namespace priorseg {
namespace {

constexpr std::array kLevels = {0.3, 0.4, 0.5, 0.6, 0.7};  // of mapped intensity
constexpr int kMostRounds = 6;
constexpr double kSettled = 1.1;             // rounds end when the largest size changes by a smaller factor
constexpr double kFirstLargest = 60;         // px: where the rounds start
constexpr double kLow = 0.05, kHigh = 0.95;  // shares of the area below the sizes that the range must hold
constexpr double kBelowLow = 0.9, kAboveHigh = 1.15;
constexpr double kBelowMiddle = 1.8, kAboveMiddle = 1.9;  // of the median
constexpr double kBelowTenth = 0.6, kAboveNinth = 1.5;    // of the deciles over images that differ
constexpr double kSmallest = 4;                           // px
constexpr double kWidest = 10;                            // largest by smallest size

/// Pieces of cells and dirt are no objects of a relief.
SizeRange shown_in_relief(SizeRange range) {
  return {std::max(range.min, kSmallestReliefCell),
          std::clamp(range.max, 2 * kSmallestReliefCell, kLargestReliefCell),
          range.min < kSmallestReliefCell || range.max > kLargestReliefCell};
}

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

/// The range of a set of images that differ in the sizes of their objects.
SizeRange SizeEstimator::outlined_range(SizeRange otherwise) const {
  std::vector<std::pair<double, double>> sizes;  // with weights: 1 an image
  for (const auto& image : images_) {
    const auto regions = outlined_regions(image.grey);
    double total = 0;
    for (const auto& region : regions) total += region.weight;
    for (const auto& region : regions) sizes.emplace_back(region.size, region.weight / total);
  }
  if (sizes.empty()) return otherwise;
  std::sort(sizes.begin(), sizes.end());
  double total = 0;
  for (const auto& [size, weight] : sizes) total += weight;
  const auto quantile = [&](double share) {
    double sum = 0;
    for (const auto& [size, weight] : sizes)
      if (sum += weight; sum >= share * total) return size;
    return sizes.back().first;
  };
  return {std::max(kSmallest, kBelowTenth * quantile(0.1)), kAboveNinth * quantile(0.9)};
}

SizeRange SizeEstimator::estimate() const {
  double largest = kFirstLargest;
  for (int round = 0;; ++round) {
    const auto found = regions(largest);
    if (found.empty())
      throw NothingStandsOut("no object stands out of the images; give the sizes with --size MIN:MAX in px");
    const double low = size_at(found, kLow), middle = size_at(found, 0.5), high = size_at(found, kHigh);
    SizeRange range;
    range.min = std::max(kSmallest, std::min(kBelowLow * low, middle / kBelowMiddle));
    range.max = std::max(kAboveHigh * high, middle * kAboveMiddle);
    range.min = std::max(range.min, range.max / kWidest);
    const double change = std::max(range.max / largest, largest / range.max);
    if (change < kSettled || round + 1 == kMostRounds) {
      const bool is_wide = level_span_ > 0 && range.max > level_span_ * range.min;
      if (is_wide) range = outlined_range(range);
      return options_.polarity == Polarity::kRelief ? shown_in_relief(range) : range;
    }
    largest = range.max;
  }
}

}  // namespace priorseg
