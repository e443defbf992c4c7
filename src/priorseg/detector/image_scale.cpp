#include "priorseg/detector/image_scale.h"

#include <algorithm>
#include <cmath>

#include "priorseg/image/background.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/image/compact_regions.h"
#include "priorseg/image/intensity.h"

namespace priorseg {
namespace {

constexpr int64_t kWindow = 640;     // network px: enough to see some dozens of objects
constexpr double kLevel = 0.5;       // of mapped intensity, from which on pixels stand out
constexpr double kLeastSignal = 6;   // noise sigmas: the mapping stretches the noise of an empty image
constexpr double kDoubt = 3;         // as many objects of the typical size are added to those that were seen
constexpr double kNoticeable = 0.2;  // logarithm of the least magnification
constexpr double kMost = 3;          // most magnification

/// The middle part of an image.
Image middle_of(const ImageSource& image, int64_t side) {
  const int64_t height = std::min(image.height, side), width = std::min(image.width, side);
  const int64_t top = (image.height - height) / 2;
  return {image.read(top, top + height).narrow(2, (image.width - width) / 2, width), image};
}

}  // namespace

TypicalObject typical_object(const ImageSource& image, const DetectorOptions& options,
                             const NetworkScale& scale) {
  const double factor = scale.network_from_image;
  const Image middle = middle_of(image, std::llround(kWindow / factor));
  const auto rescaled = [&](int64_t length) {
    return std::max<int64_t>(1, std::llround(static_cast<double>(length) * factor));
  };
  const auto clean = clean_source(middle, options.intensity);
  const auto grey =
      resize_clean(clean.read(0, middle.height), {rescaled(middle.height), rescaled(middle.width)});
  const auto flat = flatten_image(grey, clean.quantum, options.intensity, scale.max_size);
  const auto mapped = map_intensity(flat.grey, flat.statistics, options.intensity, scale.max_size);
  const auto signal = flat.grey - flat.statistics.background;
  const auto regions = compact_regions((mapped > kLevel) & (signal > kLeastSignal * flat.statistics.noise));
  if (regions.empty()) return {};
  return {size_at(regions, 0.5) / factor, static_cast<int64_t>(regions.size())};
}

double magnification_of(const TypicalObject& object, double typical) {
  if (object.count == 0) return 1;
  const auto count = static_cast<double>(object.count);
  const double exponent = std::log(typical / object.size) * count / (count + kDoubt);
  return std::abs(exponent) < kNoticeable ? 1 : std::clamp(std::exp(exponent), 1 / kMost, kMost);
}

void compare_images(const std::vector<TypicalObject>& images, SizeOptions& size) {
  std::vector<double> sizes;
  const auto decile = [&](int64_t tenths) {
    const auto place = sizes.begin() + tenths * (std::ssize(sizes) - 1) / 10;
    std::nth_element(sizes.begin(), place, sizes.end());
    return std::round(100 * *place) / 100;
  };
  for (const auto& image : images)
    if (image.count > 0) sizes.push_back(image.size);
  if (sizes.empty()) return;
  size.typical = decile(5);
  sizes.clear();
  for (const auto& image : images) sizes.push_back(size.typical / magnification_of(image, size.typical));
  size.typical_of_large = std::max(size.typical, decile(9));
}

NetworkScale scale_of_image(const ImageSource& image, const DetectorOptions& options,
                            const NetworkScale& scale) {
  if (!options.size.own_scale || options.size.typical <= 0) return scale;
  NetworkScale own = scale;
  own.network_from_image *= magnification_of(typical_object(image, options, scale), options.size.typical);
  return own;
}

}  // namespace priorseg
