#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/trainer.h"
#include "support/tiny_prior.h"

namespace priorseg::test {

/// Objects of 12 to 20 px, grid cells of 8 px, image px = network px: networks that learn in seconds.
inline DetectorOptions tiny_options() {
  DetectorOptions options;
  options.localizer.channels = {8, 12, 16};
  options.localizer.reduction = 1;
  options.localizer.max_ratio = 2;
  options.localizer.initial_presence = 0.1;
  options.encoder = {EncoderKind::kStrided, {8, 16}};
  options.size.min = 12;
  options.size.max = 20;
  options.size.object_cells = std::sqrt(12.0 * 20.0) / static_cast<double>(options.localizer.cell_size());
  options.size.slack = 1.1;
  options.size.scale_min = options.size.scale_max = 0;
  options.intensity.mapping = IntensityMapping::kLinear;
  options.intensity.background = BackgroundKind::kGlobal;
  options.intensity.noise_floor = 12;
  options.intensity.saturation = 1;
  options.intensity.neighbourhood = 1;
  options.intensity.truncate_mean = 0;
  options.gradient.truncate = 1;
  options.gradient.quantile = 0.98;
  options.gradient.floor = 0.25;
  options.loss.alpha = 0.01;
  options.loss.kl_weight = 1e-3;
  options.loss.edge_weight = 1;
  options.loss.region_weight = 0.5;
  options.loss.object_price = 0.3;
  options.loss.overlap_price = 0.2;
  options.loss.foreground_level = 0.5;
  options.loss.foreground_softness = 0.1;
  options.training.steps = 250;
  options.training.batch_size = 4;
  options.training.crop_size = 64;
  options.training.boxes = 1;
  options.training.box_gradient_of_crop = true;
  options.training.learning_rate = 5e-3;
  options.training.warm_up = 0.1;
  options.training.blank_crops = 0.2;
  options.inference.presence = 0.1;
  options.inference.mask_threshold = 0.5;
  options.inference.max_overlap = 0.1;
  options.inference.nms = NmsRule::kGreedy;
  options.inference.min_contrast = 2;
  options.inference.tile = 1024;
  return options;
}

/// A bright ellipse on noise: centre and half axes in px.
struct Ellipse {
  double x = 0, y = 0, half_height = 8, half_width = 8;
};

inline torch::Tensor pixels_of(const Ellipse& ellipse, int64_t height, int64_t width) {
  const auto y = (torch::arange(height, torch::kFloat32) + 0.5 - ellipse.y) / ellipse.half_height;
  const auto x = (torch::arange(width, torch::kFloat32) + 0.5 - ellipse.x) / ellipse.half_width;
  return y.square().view({-1, 1}) + x.square().view({1, -1}) <= 1;
}

/// Grey value 100 with noise of sigma 2, ellipses at 300. [1,H,W]
inline torch::Tensor draw_ellipses(const std::vector<Ellipse>& ellipses, int64_t height, int64_t width) {
  torch::manual_seed(11);
  auto image = torch::full({height, width}, 100.0);
  for (const auto& ellipse : ellipses) {  // in its own rows and columns: large images hold many
    const auto first = [](double centre, double half) {
      return std::max<int64_t>(0, static_cast<int64_t>(centre - half));
    };
    const int64_t top = first(ellipse.y, ellipse.half_height), left = first(ellipse.x, ellipse.half_width);
    const auto bottom = static_cast<int64_t>(ellipse.y + ellipse.half_height) + 1,
               right = static_cast<int64_t>(ellipse.x + ellipse.half_width) + 1;
    auto window = image.slice(0, top, bottom).slice(1, left, right);
    const Ellipse within{ellipse.x - static_cast<double>(left), ellipse.y - static_cast<double>(top),
                         ellipse.half_height, ellipse.half_width};
    window.masked_fill_(pixels_of(within, window.size(0), window.size(1)), 300);
  }
  return (image + 2 * torch::randn({height, width})).unsqueeze(0);
}

/// Ellipses of various sizes, 28 px apart, none of which reaches the border.
inline std::vector<Ellipse> scattered_ellipses(int64_t height, int64_t width, uint64_t seed) {
  Random random(seed);
  std::vector<Ellipse> ellipses;
  for (int64_t y = 16; y + 16 <= height; y += 28)
    for (int64_t x = 16; x + 16 <= width; x += 28)
      ellipses.push_back({static_cast<double>(x) + random.uniform(-3, 3),
                          static_cast<double>(y) + random.uniform(-3, 3), random.uniform(6, 9),
                          random.uniform(6, 9)});
  return ellipses;
}

inline TrainingImage training_image(const torch::Tensor& pixels, const Detector& detector) {
  const auto prepared = prepare_image({pixels, 0}, detector.options(), detector.scale());
  return {prepared.mapped, prepared.gradient_scale};
}

/// Two images of 128 x 128 px to train on.
inline std::vector<TrainingImage> two_training_images(const Detector& detector) {
  return {training_image(draw_ellipses(scattered_ellipses(128, 128, 1), 128, 128), detector),
          training_image(draw_ellipses(scattered_ellipses(128, 128, 2), 128, 128), detector)};
}

inline std::map<std::string, torch::Tensor> weights_of(const Detector& detector) {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  detector.collect(tensors, settings);
  return tensors;
}

/// A detector trained on those images, once a test program; each call gives a copy.
/// @param change  of the settings of the copy; the weights stay.
inline Detector trained_detector(const nlohmann::json& change = nlohmann::json::object()) {
  static const Detector detector = [] {
    Detector result(tiny_options(), tiny_prior(), 1);
    Trainer trainer(result, two_training_images(result), 1);
    while (trainer.steps_done() < trainer.steps_total()) trainer.step();
    return result;
  }();
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  detector.collect(tensors, settings);
  settings["detector"].merge_patch(change);
  return Detector::restore(tensors, settings);
}

/// The pixels of a found object in the frame of its image, [H,W] bool.
inline torch::Tensor pixels_of(const ObjectPixels& object, int64_t height, int64_t width) {
  auto map = torch::zeros({height, width}, torch::kBool);
  const auto bits = torch::tensor(object.bits, torch::kUInt8).view({object.height, object.width});
  map.slice(0, object.y0, object.y0 + object.height)
      .slice(1, object.x0, object.x0 + object.width)
      .copy_(bits.to(torch::kBool));
  return map;
}

/// How many of the ellipses some found object covers with an IoU of at least `threshold`.
inline int64_t count_found(const Detections& found, const std::vector<Ellipse>& ellipses, double threshold) {
  const int64_t height = found.instances.height, width = found.instances.width;
  int64_t count = 0;
  for (const auto& ellipse : ellipses) {
    const auto truth = pixels_of(ellipse, height, width);
    double best = 0;
    for (const auto& object : found.objects) {
      const auto pixels = pixels_of(object, height, width);
      best = std::max(best, (truth & pixels).sum().item<double>() / (truth | pixels).sum().item<double>());
    }
    count += best >= threshold ? 1 : 0;
  }
  return count;
}

}  // namespace priorseg::test
