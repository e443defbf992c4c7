#include "priorseg/image/intensity.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/local_maximum.h"

namespace priorseg {
namespace {

constexpr int64_t kMaxSamples = 1'000'000;  // enough for every figure below, whatever the image size

/// Sorts by three counting passes over 11 bits of the number's own order: a tenth of the time of std::sort.
void sort_values(std::vector<float>& values) {
  std::vector<uint32_t> keys(values.size()), sorted(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto bits = std::bit_cast<uint32_t>(values[i]);
    keys[i] = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  }
  for (const int shift : {0, 11, 22}) {
    std::array<size_t, 2049> start{};
    for (const uint32_t key : keys) ++start[(key >> shift & 2047u) + 1];
    std::partial_sum(start.begin(), start.end(), start.begin());
    for (const uint32_t key : keys) sorted[start[key >> shift & 2047u]++] = key;
    keys.swap(sorted);
  }
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::bit_cast<float>(keys[i] & 0x80000000u ? keys[i] & 0x7fffffffu : ~keys[i]);
}

constexpr double kLeastForeground = 0.1;  // of the local maximum: what is darker does not count as foreground
constexpr double kTypicalForeground = 0.75;  // where the median of the foreground is mapped to
constexpr double kMostSaturation = 100;      // all but linear

/// Centre of the shortest interval that holds an eighth of the values: a mode that needs no bin width.
double most_frequent(std::span<const float> sorted) {
  const size_t window = std::max<size_t>(1, sorted.size() / 8);
  size_t best = 0;
  for (size_t i = 0; i + window < sorted.size(); ++i) {
    if (sorted[i + window] - sorted[i] < sorted[best + window] - sorted[best]) best = i;
  }
  return sorted[best + window / 2];
}

/// Of the way from the darkest values to the mode: what is saturated is of one value.
constexpr double kAtTheTop = 0.01;

/// The most frequent value. Where that is the value of saturated objects, which have nothing above them and
/// take less than half of the image, the most frequent of the darker values. A bright ground with dark
/// objects takes more than half.
double background_value(std::span<const float> sorted) {
  const double mode = most_frequent(sorted);
  const auto quantile = [&](double share) {
    return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  const double near = kAtTheTop * (mode - quantile(0.01));
  if (near <= 0 || quantile(0.999) - mode > near) return mode;
  const auto darker = static_cast<size_t>(
      std::lower_bound(sorted.begin(), sorted.end(), static_cast<float>(mode - near)) - sorted.begin());
  return 2 * darker > sorted.size() ? most_frequent(sorted.first(darker)) : mode;
}

struct OtsuThreshold {
  double value = 0;
  double separability = 0;  ///< share of the variance that lies between the two classes, 0 to 1
};

/// Otsu's threshold on the values clipped at their 99.8 % quantile, so that a few very bright pixels do not
/// take it.
OtsuThreshold otsu_threshold(std::span<const float> sorted) {
  constexpr int kBins = 1024;
  const double low = sorted.front();
  const double high = sorted[static_cast<size_t>(0.998 * static_cast<double>(sorted.size() - 1))];
  if (!(high > low)) return {low, 0};
  std::vector<double> histogram(kBins, 0);
  for (const float value : sorted) {
    const double position = (std::min<double>(value, high) - low) / (high - low) * (kBins - 1);
    histogram[static_cast<size_t>(position)] += 1;
  }
  double total = 0, total_sum = 0, total_squares = 0;
  for (int i = 0; i < kBins; ++i) {
    total += histogram[i], total_sum += i * histogram[i];
    total_squares += static_cast<double>(i) * i * histogram[i];
  }
  double below = 0, below_sum = 0, best = -1;
  int first = 0, last = 0;
  for (int i = 0; i < kBins; ++i) {
    below += histogram[i], below_sum += i * histogram[i];
    if (below == 0 || below == total) continue;
    const double difference = below_sum / below - (total_sum - below_sum) / (total - below);
    const double between = below * (total - below) * difference * difference;
    if (between > best * (1 + 1e-12)) best = between, first = i;
    if (between >= best * (1 - 1e-12)) last = i;  // a gap without pixels gives a plateau: take its middle
  }
  const double variance = total * total_squares - total_sum * total_sum;  // times total^2, as `best`
  return {low + (0.5 * (first + last) + 0.5) / (kBins - 1) * (high - low),
          variance > 0 ? best / variance : 0};
}

// Where objects cover most of an image: gaps are narrow, in part dark, and what is beside the picture, too.
constexpr double kGapQuantile = 0.3;   // of the values between objects
constexpr double kMostGapNoise = 0.1;  // of the rise from the background to the objects

constexpr double kMuchBrighter = 3;  // than the threshold of the dim ones: what is bright is another thing
constexpr double kManyMore = 4;      // times as many pixels are dim ones
constexpr double kOutOfRange = 30;   // thresholds: no object is so bright
constexpr double kCeiling = 6;       // thresholds; objects are about 2 of them bright
constexpr double kDimOnes = 8;       // noise sigmas that the dim ones stand out by, at least
constexpr double kLeastSeparable = 0.7;  // noise alone gives 0.64

/// Otsu's threshold where a few bright things may lie above the objects: debris, a reflection, a burnt-in
/// bar. What lies below it is parted again and again, through the flanks of what is bright, as long as that
/// may give many more pixels that clearly stand out.
///
/// @param threshold  Otsu's of all values.
double threshold_of_the_many(std::span<const float> sorted, double threshold,
                             const ImageStatistics& statistics) {
  const auto count_below = [sorted](double value) {
    return std::upper_bound(sorted.begin(), sorted.end(), static_cast<float>(value)) - sorted.begin();
  };
  for (auto rest = sorted; count_below(threshold) > 0;) {
    const auto lower = otsu_threshold(rest);
    const double rises = lower.value - statistics.background;
    if (rises <= kDimOnes * statistics.noise) break;
    const auto bright = std::ssize(sorted) - count_below(threshold);
    const auto dim = count_below(threshold) - count_below(lower.value);
    if (lower.separability > kLeastSeparable && threshold - statistics.background > kMuchBrighter * rises &&
        static_cast<double>(dim) > kManyMore * static_cast<double>(bright))
      threshold = lower.value;
    const auto below = static_cast<size_t>(count_below(lower.value));
    if (below == 0 || below == rest.size()) break;
    rest = rest.first(below);
  }
  return threshold;
}

constexpr int64_t kGrain = 1 << 16;  // pixels worth a thread

double floor_of(const ImageStatistics& statistics, const IntensityOptions& options) {
  return std::max(options.noise_floor * statistics.noise, 1e-12);
}

/// Grey value above background in units of the brightest one in the neighbourhood, [H,W] in [0,1].
torch::Tensor share_of_brightest(const torch::Tensor& grey, const ImageStatistics& statistics,
                                 const IntensityOptions& options, double max_size,
                                 const std::optional<PartOfImage>& part = std::nullopt) {
  auto share = (grey - statistics.background).clamp_(0, statistics.ceiling).contiguous();
  const double radius = options.neighbourhood * max_size;
  const auto brightest =
      part ? local_maximum_of_part(share, radius, part->height, part->width, part->top, part->left)
           : local_maximum(share, radius);
  const auto floor = static_cast<float>(
      std::max(floor_of(statistics, options), options.signal_floor * statistics.threshold));
  auto* value = share.data_ptr<float>();
  const auto* largest = brightest.data_ptr<float>();
  parallel_for(0, share.numel(), kGrain, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      value[i] = std::clamp(value[i] / std::max(largest[i], floor), 0.0f, 1.0f);
  });
  return share;
}

/// The s of x -> x (1 + s) / (x + s) that takes the median of the foreground to kTypicalForeground: bodies of
/// objects come out bright whether they are plateaus (fluorescent nuclei) or peaks with long flanks (cells in
/// phase contrast).
double automatic_saturation(const std::vector<torch::Tensor>& shares) {
  std::vector<float> foreground;
  for (const auto& share : shares) {
    const auto* value = share.data_ptr<float>();
    for (int64_t i = 0; i < share.numel(); ++i)
      if (value[i] > static_cast<float>(kLeastForeground)) foreground.push_back(value[i]);
  }
  if (foreground.empty()) return kMostSaturation;
  const auto middle = foreground.begin() + static_cast<std::ptrdiff_t>((foreground.size() - 1) / 2);
  std::nth_element(foreground.begin(), middle, foreground.end());
  const double typical = *middle;
  if (typical >= kTypicalForeground) return kMostSaturation;
  return std::min(kMostSaturation, (1 - kTypicalForeground) * typical / (kTypicalForeground - typical));
}

torch::Tensor saturate(torch::Tensor share, double half) {
  const auto scale = static_cast<float>(1 + half), offset = static_cast<float>(half);
  auto* value = share.data_ptr<float>();
  parallel_for(0, share.numel(), kGrain, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) value[i] = value[i] * scale / (value[i] + offset);
  });
  return share;
}

}  // namespace

IntensitySample::IntensitySample(int64_t num_pixels) : num_pixels_(num_pixels) {
  // A prime stride visits all columns of any image width.
  stride_ = num_pixels / kMaxSamples + 1;
  if (stride_ > 1) stride_ |= 1;
}

void IntensitySample::add(const torch::Tensor& grey) {
  const auto rows = grey.contiguous();
  const auto* value = rows.data_ptr<float>();
  values_.reserve(static_cast<size_t>(num_pixels_ / stride_ + 1));
  for (; next_ < seen_ + rows.numel(); next_ += stride_) values_.push_back(value[next_ - seen_]);
  seen_ += rows.numel();
}

ImageStatistics measure_values(std::vector<float> sorted, double quantum, bool withstand_artefacts,
                               double objects_from) {
  ImageStatistics statistics;
  std::erase_if(sorted, [](float value) { return std::isnan(value); });
  if (sorted.empty()) return statistics;
  sort_values(sorted);
  const auto dark = std::lower_bound(sorted.begin(), sorted.end(), objects_from) - sorted.begin();
  const bool is_covered = dark > 0 && dark < std::ssize(sorted);
  statistics.background = is_covered
                              ? sorted[static_cast<size_t>(kGapQuantile * static_cast<double>(dark - 1))]
                              : background_value(sorted);
  // The median distance below the mode is noise and unevenness alone; objects lie above.
  const auto mode = std::upper_bound(sorted.begin(), sorted.end(), static_cast<float>(statistics.background));
  const auto below = static_cast<size_t>(mode - sorted.begin());
  const double spread = statistics.background - sorted[below / 2];
  statistics.noise = std::max(1.4826 * spread, quantum / std::sqrt(12.0));
  if (is_covered)
    statistics.noise = std::min(statistics.noise, kMostGapNoise * (objects_from - statistics.background));
  const auto quantile = [&](double share) {
    return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  statistics.above = std::max(0.0, quantile(0.97) - statistics.background);
  statistics.below = std::max(0.0, statistics.background - quantile(0.03));
  const double whole = otsu_threshold(sorted).value;
  const double threshold = withstand_artefacts ? threshold_of_the_many(sorted, whole, statistics) : whole;
  statistics.threshold = std::max(0.0, threshold - statistics.background);
  if (!withstand_artefacts) return statistics;
  const double brightest = sorted.back() - statistics.background;
  if (threshold < whole || brightest > kOutOfRange * statistics.threshold)
    statistics.ceiling = kCeiling * std::max(statistics.threshold, statistics.noise);
  return statistics;
}

ImageStatistics measure_image(const torch::Tensor& grey, double quantum, bool withstand_artefacts,
                              double objects_from) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  IntensitySample sample(grey.numel());
  sample.add(grey);
  return measure_values(sample.values(), quantum, withstand_artefacts, objects_from);
}

double most_frequent_value(const torch::Tensor& grey) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  IntensitySample sample(grey.numel());
  sample.add(grey);
  auto values = sample.values();
  std::erase_if(values, [](float value) { return std::isnan(value); });
  if (values.empty()) return 0;
  sort_values(values);
  return most_frequent(values);
}

double mapping_reach(const IntensityOptions& options, double max_size) {
  if (options.mapping != IntensityMapping::kLocal) return 0;
  // Blur, dilation and blur of local_maximum, and the pixels of its reduced copy.
  const double radius = options.neighbourhood * max_size;
  return 4 * std::max(1.0, radius / 16) + radius + 4 * radius / 3 + 3 * std::max(1.0, radius / 12);
}

double measure_saturation(const std::vector<torch::Tensor>& windows, const ImageStatistics& statistics,
                          const IntensityOptions& options, double max_size) {
  std::vector<torch::Tensor> shares;
  for (const auto& window : windows)
    shares.push_back(share_of_brightest(window, statistics, options, max_size));
  return automatic_saturation(shares);
}

torch::Tensor map_intensity(const torch::Tensor& grey, const ImageStatistics& statistics,
                            const IntensityOptions& options, double max_size,
                            const std::optional<PartOfImage>& part) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0) return grey.clone();
  torch::Tensor values = grey;
  double brightest_possible = std::numeric_limits<double>::infinity();
  if (options.truncate_mean > 0) {
    brightest_possible = options.truncate_mean * (part ? part->range.mean : values.mean().item<double>());
    values = values.clamp_max(brightest_possible);
  }
  const double floor = floor_of(statistics, options);
  if (options.mapping == IntensityMapping::kLinear || options.mapping == IntensityMapping::kPower) {
    const double darkest =
        part ? std::min(part->range.darkest, brightest_possible) : values.min().item<double>();
    const double brightest =
        part ? std::min(part->range.brightest, brightest_possible) : values.max().item<double>();
    const auto stretched = ((values - darkest) / std::max(brightest - darkest, floor)).clamp(0, 1);
    return options.mapping == IntensityMapping::kLinear ? stretched : stretched.pow(options.power);
  }
  if (options.mapping == IntensityMapping::kSaturate) {
    const auto signal = (values - statistics.background).clamp_min(0);
    const double half = std::max(options.saturation * statistics.threshold, 0.5 * floor);
    return signal / (signal + half);
  }
  auto share = share_of_brightest(values, statistics, options, max_size, part);
  if (options.saturation > 0) return saturate(share, options.saturation);
  return saturate(share, part ? part->range.saturation : automatic_saturation({share}));
}

}  // namespace priorseg
