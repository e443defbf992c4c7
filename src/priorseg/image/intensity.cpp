#include "priorseg/image/intensity.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr int64_t kMaxSamples = 1'000'000;  // enough for every figure below, whatever the image size

std::vector<float> sorted_sample(const torch::Tensor& grey) {
  const auto flat = grey.contiguous().view({-1});
  // A prime stride visits all columns of any image width.
  int64_t stride = flat.numel() / kMaxSamples + 1;
  if (stride > 1) stride |= 1;
  const float* values = flat.data_ptr<float>();
  std::vector<float> sample;
  sample.reserve(static_cast<size_t>(flat.numel() / stride + 1));
  for (int64_t i = 0; i < flat.numel(); i += stride) sample.push_back(values[i]);
  std::sort(sample.begin(), sample.end());
  return sample;
}

constexpr double kBackgroundWindow = 4;  // side of the window of the local background in largest object sizes
constexpr double kBackgroundQuantile = 0.3;  // of the window

constexpr double kLeastForeground = 0.1;  // of the local maximum: what is darker does not count as foreground
constexpr double kTypicalForeground = 0.75;  // where the median of the foreground is mapped to
constexpr double kMostSaturation = 100;      // all but linear

/// Centre of the shortest interval that holds an eighth of the values: a mode that needs no bin width.
double most_frequent(const std::vector<float>& sorted) {
  const size_t window = std::max<size_t>(1, sorted.size() / 8);
  size_t best = 0;
  for (size_t i = 0; i + window < sorted.size(); ++i) {
    if (sorted[i + window] - sorted[i] < sorted[best + window] - sorted[best]) best = i;
  }
  return sorted[best + window / 2];
}

/// Otsu's threshold on the values clipped at their 99.8 % quantile, so that a few very bright pixels do not
/// take it.
double otsu_threshold(const std::vector<float>& sorted) {
  constexpr int kBins = 1024;
  const double low = sorted.front();
  const double high = sorted[static_cast<size_t>(0.998 * static_cast<double>(sorted.size() - 1))];
  if (!(high > low)) return low;
  std::vector<double> histogram(kBins, 0);
  for (const float value : sorted) {
    const double position = (std::min<double>(value, high) - low) / (high - low) * (kBins - 1);
    histogram[static_cast<size_t>(position)] += 1;
  }
  double total = 0, total_sum = 0;
  for (int i = 0; i < kBins; ++i) total += histogram[i], total_sum += i * histogram[i];
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
  return low + (0.5 * (first + last) + 0.5) / (kBins - 1) * (high - low);
}

cv::Mat view_of(const torch::Tensor& tensor) {
  return cv::Mat(static_cast<int>(tensor.size(0)), static_cast<int>(tensor.size(1)), CV_32F,
                 tensor.data_ptr<float>());
}

/// The background quantile of the window within `reach` of (y, x), from a sparse sample.
float window_quantile(const torch::Tensor& grey, double y, double x, double reach) {
  const auto values = grey.accessor<float, 2>();
  const auto begin = [&](double centre) { return std::max<int64_t>(0, std::llround(centre - reach)); };
  const auto end = [&](double centre, int64_t length) {
    return std::min<int64_t>(length, std::llround(centre + reach) + 1);
  };
  const int64_t top = begin(y), bottom = end(y, grey.size(0));
  const int64_t left = begin(x), right = end(x, grey.size(1));
  const auto stride = std::max<int64_t>(1, (bottom - top) / 48);
  std::vector<float> sample;
  for (int64_t row = top; row < bottom; row += stride) {
    for (int64_t column = left; column < right; column += stride) sample.push_back(values[row][column]);
  }
  const auto place = sample.begin() + static_cast<std::ptrdiff_t>(kBackgroundQuantile *
                                                                  static_cast<double>(sample.size() - 1));
  std::nth_element(sample.begin(), place, sample.end());
  return *place;
}

/// The brightest value within `radius`, smoothed: dilation on a reduced copy, because only its coarse course
/// matters.
torch::Tensor local_maximum(const torch::Tensor& values, double radius) {
  cv::Mat smooth, small, brightest, result;
  // A little smoothing first: the peak of noise or of a bright spot is not the brightness of an object.
  cv::GaussianBlur(view_of(values), smooth, {}, std::max(1.0, radius / 16), 0, cv::BORDER_REFLECT_101);
  const double shrink = std::max(1.0, radius / 12);
  const cv::Size reduced(std::max(1, static_cast<int>(std::lround(smooth.cols / shrink))),
                         std::max(1, static_cast<int>(std::lround(smooth.rows / shrink))));
  cv::resize(smooth, small, reduced, 0, 0, cv::INTER_AREA);
  const int reach = std::max(1, static_cast<int>(std::lround(radius / shrink)));
  const auto disk = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1});
  cv::dilate(small, brightest, disk, {-1, -1}, 1, cv::BORDER_REFLECT_101);
  cv::GaussianBlur(brightest, brightest, {}, reach / 3.0, 0, cv::BORDER_REFLECT_101);
  cv::resize(brightest, result, smooth.size(), 0, 0, cv::INTER_LINEAR);
  return torch::from_blob(result.data, {result.rows, result.cols}, torch::kFloat32).clone();
}

/// The s of x -> x (1 + s) / (x + s) that takes the median of the foreground to kTypicalForeground: bodies of
/// objects come out bright whether they are plateaus (fluorescent nuclei) or peaks with long flanks (cells in
/// phase contrast).
double automatic_saturation(const torch::Tensor& share) {
  const auto foreground = share.masked_select(share > kLeastForeground);
  if (foreground.numel() == 0) return kMostSaturation;
  const double typical = foreground.median().item<double>();
  if (typical >= kTypicalForeground) return kMostSaturation;
  return std::min(kMostSaturation, (1 - kTypicalForeground) * typical / (kTypicalForeground - typical));
}

}  // namespace

void IntensityOptions::validate() const {
  if (mapping != "linear" && mapping != "power" && mapping != "saturate" && mapping != "local") {
    throw Error("intensity.mapping is '" + mapping + "', expected 'linear', 'power', 'saturate' or 'local'");
  }
  if (background != "global" && background != "local") {
    throw Error("intensity.background is '" + background + "', expected 'global' or 'local'");
  }
  const auto check = [](const char* name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw Error(std::string("intensity.") + name + " is " + std::to_string(value) + ", expected " +
                  std::to_string(low) + " to " + std::to_string(high));
    }
  };
  check("power", power, 0.05, 4);
  check("saturation", saturation, 0, 100);
  if (mapping == "saturate" && saturation == 0) {
    throw Error("intensity.saturation is 0, expected more than 0 with intensity.mapping 'saturate'");
  }
  check("neighbourhood", neighbourhood, 0.25, 10);
  check("noise_floor", noise_floor, 0, 1000);
  check("truncate_mean", truncate_mean, 0, 1000);
}

ImageStatistics measure_image(const torch::Tensor& grey, double quantum) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  ImageStatistics statistics;
  if (grey.numel() == 0) return statistics;
  const auto sorted = sorted_sample(grey);
  statistics.background = most_frequent(sorted);
  // The median distance below the mode is noise and unevenness alone; objects lie above.
  const auto mode = std::upper_bound(sorted.begin(), sorted.end(), static_cast<float>(statistics.background));
  const auto below = static_cast<size_t>(mode - sorted.begin());
  const double spread = statistics.background - sorted[below / 2];
  statistics.noise = std::max(1.4826 * spread, quantum / std::sqrt(12.0));
  statistics.threshold = std::max(0.0, otsu_threshold(sorted) - statistics.background);
  return statistics;
}

torch::Tensor grey_from_pixels(const torch::Tensor& pixels) {
  check_shape(pixels, {std::nullopt, std::nullopt, std::nullopt}, "pixels");
  return pixels.size(0) == 1 ? pixels[0] : pixels.mean(0);
}

torch::Tensor flatten_background(const torch::Tensor& grey, const ImageStatistics& statistics,
                                 double max_size) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0) return grey.clone();
  const auto source = grey.contiguous();
  // The lower third of a window much wider than an object is background, unless objects fill the window: then
  // it would rise above what the whole image calls background, and is held there.
  const double reach = kBackgroundWindow * max_size / 2;
  const auto rows = std::max<int64_t>(1, std::llround(static_cast<double>(grey.size(0)) / max_size));
  const auto columns = std::max<int64_t>(1, std::llround(static_cast<double>(grey.size(1)) / max_size));
  cv::Mat coarse(static_cast<int>(rows), static_cast<int>(columns), CV_32F), smooth;
  parallel_for(0, rows, 1, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        const double y =
            (static_cast<double>(row) + 0.5) * static_cast<double>(grey.size(0)) / static_cast<double>(rows);
        const double x = (static_cast<double>(column) + 0.5) * static_cast<double>(grey.size(1)) /
                         static_cast<double>(columns);
        coarse.at<float>(static_cast<int>(row), static_cast<int>(column)) =
            window_quantile(source, y, x, reach);
      }
    }
  });
  coarse = cv::min(coarse, statistics.background + 0.5 * statistics.threshold);
  cv::GaussianBlur(coarse, coarse, {}, 1.0, 0, cv::BORDER_REPLICATE);
  cv::resize(coarse, smooth, view_of(source).size(), 0, 0, cv::INTER_CUBIC);
  return source - torch::from_blob(smooth.data, source.sizes(), torch::kFloat32);
}

torch::Tensor map_intensity(const torch::Tensor& grey, const ImageStatistics& statistics,
                            const IntensityOptions& options, double max_size) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0) return grey.clone();
  torch::Tensor values = grey;
  if (options.truncate_mean > 0)
    values = values.clamp_max(options.truncate_mean * values.mean().item<double>());
  const double floor = std::max(options.noise_floor * statistics.noise, 1e-12);
  if (options.mapping == "linear" || options.mapping == "power") {
    const double darkest = values.min().item<double>();
    const double range = std::max(values.max().item<double>() - darkest, floor);
    const auto stretched = ((values - darkest) / range).clamp(0, 1);
    return options.mapping == "linear" ? stretched : stretched.pow(options.power);
  }
  const auto signal = (values - statistics.background).clamp_min(0).contiguous();
  if (options.mapping == "saturate") {
    const double half = std::max(options.saturation * statistics.threshold, 0.5 * floor);
    return signal / (signal + half);
  }
  const auto brightest = local_maximum(signal, options.neighbourhood * max_size);
  const auto share = (signal / brightest.clamp_min(floor)).clamp(0, 1);
  const double half = options.saturation > 0 ? options.saturation : automatic_saturation(share);
  return share * (1 + half) / (share + half);
}

}  // namespace priorseg
