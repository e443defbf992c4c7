#include "priorseg/data/simulator.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "priorseg/data/object_placement.h"

namespace priorseg {
namespace {

constexpr double kFineGrain = 1.0;    // px, standard deviation of the fine texture
constexpr double kCoarseGrain = 4.0;  // px, of the coarse one
// Above so many photoelectrons the normal distribution stands for Poisson's, which is slow to draw from.
constexpr double kNormalAbove = 50;

cv::Mat blurred(const cv::Mat& image, double sigma) {
  if (sigma <= 0) return image.clone();
  cv::Mat result;
  cv::GaussianBlur(image, result, cv::Size(), sigma, sigma, cv::BORDER_REFLECT_101);
  return result;
}

cv::Mat white_noise(cv::Size size, Random& random) {
  cv::Mat noise(size, CV_32F);
  std::normal_distribution<float> normal;
  for (auto pixel = noise.begin<float>(); pixel != noise.end<float>(); ++pixel)
    *pixel = normal(random.engine());
  return noise;
}

// Smooth noise of standard deviation 1.
cv::Mat grain(cv::Size size, double sigma, Random& random) {
  // The sum of the squared weights of a Gaussian filter is 1 / (4 pi sigma^2).
  return blurred(white_noise(size, random), sigma) * (2 * sigma * std::sqrt(CV_PI));
}

// Brightness over the object's area by its depth: the square root of a dome, as thick in the middle as it is
// wide.
cv::Mat dome_profile(const cv::Mat& coverage, double dome) {
  cv::Mat mask, depth;
  // A margin: the window's edge is no border of the object where the image cuts it, but depth needs a
  // background.
  cv::copyMakeBorder(coverage >= 0.5, mask, 1, 1, 1, 1, cv::BORDER_REPLICATE);
  cv::distanceTransform(mask, depth, cv::DIST_L2, cv::DIST_MASK_5);
  depth = depth(cv::Rect(1, 1, coverage.cols, coverage.rows)).clone();
  double deepest = 0;
  cv::minMaxLoc(depth, nullptr, &deepest);
  if (deepest <= 0) return cv::Mat::ones(coverage.size(), CV_32F);
  cv::sqrt(depth / deepest, depth);
  return (1 - dome) + dome * depth;
}

void add_spots(cv::Mat& brightness, const SimulatorOptions& options, Random& random) {
  std::poisson_distribution<int> number(options.spots);
  const int count = options.spots > 0 ? number(random.engine()) : 0;
  for (int i = 0; i < count; ++i) {
    const double x = random.uniform(0, brightness.cols);
    const double y = random.uniform(0, brightness.rows);
    const double radius = random.uniform(0.8, 2.0) * (options.spot_radius / 1.4);
    const double amplitude = random.chance(options.bright_spots)
                                 ? random.uniform(0.2, 0.8) * (options.spot_brightness / 0.5)
                                 : random.uniform(-0.5, -0.2);
    for (int row = 0; row < brightness.rows; ++row) {
      for (int column = 0; column < brightness.cols; ++column) {
        const double squared = std::pow(column + 0.5 - x, 2) + std::pow(row + 0.5 - y, 2);
        brightness.at<float>(row, column) *=
            static_cast<float>(1 + amplitude * std::exp(-squared / (2 * radius * radius)));
      }
    }
  }
}

// Light of the objects in counts, before any optics.
cv::Mat draw_objects(const Scene& scene, const SimulatorOptions& options, Random& random) {
  cv::Mat light = cv::Mat::zeros(static_cast<int>(options.height), static_cast<int>(options.width), CV_32F);
  for (const PlacedObject& object : scene.objects) {
    const cv::Mat coverage(static_cast<int>(object.coverage.size(0)),
                           static_cast<int>(object.coverage.size(1)), CV_32F,
                           object.coverage.data_ptr<float>());
    cv::Mat brightness = dome_profile(coverage, options.dome);
    add_spots(brightness, options, random);
    brightness *= options.signal * std::exp(random.normal(0, 1) * options.contrast);
    const cv::Rect window(cv::Point(static_cast<int>(object.x0), static_cast<int>(object.y0)),
                          coverage.size());
    light(window) += brightness.mul(coverage);
  }
  if (options.texture > 0 && !scene.objects.empty()) {
    const double weight = options.texture * std::sqrt(0.5);
    cv::Mat texture;
    cv::exp(weight * (grain(light.size(), kFineGrain, random) + grain(light.size(), kCoarseGrain, random)),
            texture);
    light = light.mul(texture);
  }
  return light;
}

// 1 at a random point of the middle half, falling with the square of the distance to 1 - unevenness at the
// farthest corner.
cv::Mat illumination(cv::Size size, double unevenness, Random& random) {
  const double x = random.uniform(0.25, 0.75) * size.width;
  const double y = random.uniform(0.25, 0.75) * size.height;
  const double farthest =
      std::pow(std::max(x, size.width - x), 2) + std::pow(std::max(y, size.height - y), 2);
  cv::Mat result(size, CV_32F);
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      const double squared = std::pow(column + 0.5 - x, 2) + std::pow(row + 0.5 - y, 2);
      result.at<float>(row, column) = static_cast<float>(1 - unevenness * squared / farthest);
    }
  }
  return result;
}

double photon_noise(double light, double gain, Random& random) {
  if (gain <= 0 || light <= 0) return light;
  const double electrons = light / gain;
  if (electrons > kNormalAbove) return gain * random.normal(electrons, std::sqrt(electrons));
  return gain * static_cast<double>(std::poisson_distribution<int>(electrons)(random.engine()));
}

torch::Tensor expose(const cv::Mat& light, const SimulatorOptions& options, Random& random) {
  torch::Tensor image = torch::empty({options.height, options.width}, torch::kFloat32);
  float* count = image.data_ptr<float>();
  const double highest = options.bit_depth == 8 ? 255 : 65535;
  for (auto pixel = light.begin<float>(); pixel != light.end<float>(); ++pixel) {
    double value = options.offset + photon_noise(std::max(0.0f, *pixel), options.gain, random);
    if (options.read_noise > 0) value += random.normal(0, options.read_noise);
    const double rounded = std::clamp(std::round(value), 0.0, highest);
    *count++ = static_cast<float>(options.inverted ? highest - rounded : rounded);
  }
  return image;
}

}  // namespace

SimulatedImage simulate_image(const SimulatorOptions& options, Random& random) {
  options.validate();
  Scene scene = place_objects(options, random);
  const cv::Mat objects = draw_objects(scene, options, random);
  cv::Mat light = blurred(objects, options.blur) + options.background;
  if (options.surround != 0) light += options.surround * blurred(objects, options.surround_width);
  light = light.mul(illumination(light.size(), options.unevenness, random));
  return {expose(light, options, random), scene.labels};
}

SimulatedImage simulate_image(const SimulatorOptions& options, uint64_t seed, int64_t index) {
  Random random = Random(seed).stream("simulated image " + std::to_string(index));
  return simulate_image(options, random);
}

}  // namespace priorseg
