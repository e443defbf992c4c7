#include "priorseg/detector/image_levels.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "priorseg/detector/image_scale.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/image/intensity.h"

namespace priorseg {
namespace {

constexpr int64_t kMostRead = 2048;    // px of a side: the middle of a larger image
constexpr int64_t kMostLooked = 1024;  // px of a side that is looked at
constexpr double kGoodPart = 0.15;     // of the weight of the regions: worth a level of their own

/// The middle by weight of a figure of the regions.
double median_by_weight(const std::vector<OutlinedRegion>& regions, double OutlinedRegion::*figure) {
  std::vector<std::pair<double, double>> values;
  double total = 0, sum = 0;
  for (const auto& region : regions) {
    values.emplace_back(region.*figure, region.weight);
    total += region.weight;
  }
  std::sort(values.begin(), values.end());
  for (const auto& [value, weight] : values)
    if (sum += weight; sum >= total / 2) return value;
  return values.back().first;
}

/// Those of the regions for which `chosen` holds, where they are a good part of the whole.
std::vector<OutlinedRegion> good_part(const std::vector<OutlinedRegion>& regions,
                                      const std::function<bool(double)>& chosen) {
  std::vector<OutlinedRegion> part;
  double total = 0, sum = 0;
  for (const auto& region : regions) {
    total += region.weight;
    if (!chosen(region.size)) continue;
    part.push_back(region);
    sum += region.weight;
  }
  return sum >= kGoodPart * total ? part : std::vector<OutlinedRegion>();
}

}  // namespace

OutlinedImage outlined_image(const ImageSource& image, const DetectorOptions& options) {
  const int64_t height = std::min(image.height, kMostRead), width = std::min(image.width, kMostRead);
  const int64_t top = (image.height - height) / 2;
  const Image middle(image.read(top, top + height).narrow(2, (image.width - width) / 2, width), image);
  const auto clean = clean_source(middle, options.intensity);
  const double factor =
      std::min(1.0, static_cast<double>(kMostLooked) / static_cast<double>(std::max(height, width)));
  const auto scaled = [&](int64_t length) {
    return std::max<int64_t>(1, std::llround(static_cast<double>(length) * factor));
  };
  const auto grey = resize_clean(clean.read(0, height), {scaled(height), scaled(width)});
  OutlinedImage result{outlined_regions(grey), most_frequent_value(grey)};
  for (auto& region : result.regions) region.size /= factor;
  std::erase_if(result.regions, [&](const OutlinedRegion& region) {
    return region.size < options.size.min || region.size > options.size.max;
  });
  return result;
}

double typical_size(const std::vector<OutlinedRegion>& regions) {
  return median_by_weight(regions, &OutlinedRegion::size);
}

double objects_from(const OutlinedImage& image) {
  if (image.regions.empty()) return std::numeric_limits<double>::infinity();
  const double level = median_by_weight(image.regions, &OutlinedRegion::level);
  return image.most_frequent > level ? level : std::numeric_limits<double>::infinity();
}

std::vector<double> middles_of_levels(const std::vector<OutlinedRegion>& regions, const SizeOptions& size) {
  const double half = std::sqrt(size.level_span);
  // A fine level costs time, a coarse one nothing.
  const double least = size.min * half, most = size.max;
  const double middle = std::clamp(typical_size(regions), least, most);
  std::vector<double> middles = {middle};
  const auto larger = good_part(regions, [&](double side) { return side > middle * half; });
  const auto smaller = good_part(regions, [&](double side) { return side < middle / half; });
  if (!larger.empty()) middles.insert(middles.begin(), std::clamp(typical_size(larger), least, most));
  if (!smaller.empty()) middles.push_back(std::clamp(typical_size(smaller), least, most));
  return middles;
}

std::vector<NetworkScale> levels_of_image(const ImageSource& image, const DetectorOptions& options,
                                          const NetworkScale& scale) {
  if (!options.size.has_levels()) return {scale_of_image(image, options, scale)};
  const auto outlined = outlined_image(image, options);
  if (outlined.regions.empty()) return {scale};
  std::vector<NetworkScale> levels;
  for (const double middle : middles_of_levels(outlined.regions, options.size)) {
    NetworkScale level = scale;
    level.network_from_image = std::sqrt(scale.min_size * scale.max_size) / middle;
    level.objects_from = objects_from(outlined);
    levels.push_back(level);
  }
  return levels;
}

}  // namespace priorseg
