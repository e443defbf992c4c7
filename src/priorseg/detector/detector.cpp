#include "priorseg/detector/detector.h"

#include <torch/types.h>

#include <nlohmann/json.hpp>

#include "priorseg/core/generator.h"
#include "priorseg/core/model_file.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/initial_weights.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/nn/mixed_precision.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {
constexpr ModelFormat kModelFormat{"priorseg model 1", "'priorseg train' or 'priorseg run'",
                                   "train it again with 'priorseg train'"};
}

Detector::Detector(DetectorOptions options, ShapePrior&& prior)
    : options_(std::move(options)), prior_(std::move(prior)) {
  options_.validate();
  prior_.to(torch::kCPU);
  scale_ = network_scale(options_.size, options_.localizer.cell_size(), prior_.options().fill);
  localizer_ = make_network<LocalizerImpl>(options_.localizer);
  encoder_ =
      make_network<EncoderImpl>(options_.encoder, prior_.options().patch_size, prior_.options().latent_size);
  set_training(false);
}

Detector::Detector(DetectorOptions options, const ShapePrior& prior, uint64_t seed)
    : Detector(std::move(options), prior.clone()) {
  auto generator = torch_generator(seed);
  localizer_->draw_weights(generator);
  draw_network_weights(*encoder_, generator);
}

Detector Detector::clone() const {
  Detector copy(options_, prior_.clone());
  copy_state(*localizer_, *copy.localizer_);
  copy_state(*encoder_, *copy.encoder_);
  copy.trained_steps_ = trained_steps_;
  copy.seed_ = seed_;
  copy.trained_mask_threshold_ = trained_mask_threshold_;
  copy.to(device_);
  return copy;
}

std::vector<NetworkScale> Detector::levels_of(const ImageSource& image) const {
  return levels_of_image(image, options_, scale_);
}

void Detector::to(torch::Device device) {
  localizer_->to(device);
  encoder_->to(device);
  prior_on_device_.reset();
  if (!device.is_cpu()) {
    prior_on_device_ = prior_.clone();
    prior_on_device_->to(device);
  }
  device_ = device;
}

torch::Tensor Detector::decode(const torch::Tensor& latents) const {
  return (prior_on_device_ ? *prior_on_device_ : prior_).decode(latents);
}

void Detector::calibrate(double mask_threshold) {
  auto inference = options_.inference;
  inference.mask_threshold = mask_threshold;
  inference.validate();
  const double trained = trained_options().inference.mask_threshold;
  options_.inference = inference;
  trained_mask_threshold_ = mask_threshold == trained ? std::nullopt : std::optional(trained);
}

DetectorOptions Detector::trained_options() const {
  auto options = options_;
  options.inference.mask_threshold = trained_mask_threshold_.value_or(options.inference.mask_threshold);
  return options;
}

void Detector::set_training(bool training) {
  localizer_->train(training);
  encoder_->train(training);
}

PredictedBoxes Detector::predict(const torch::Tensor& images) {
  const auto arithmetic = arithmetic_of(options_.training.precision, device_);
  return decode_boxes(localizer_->forward(images, arithmetic), options_.localizer.cell_size(),
                      scale_.scale_min, scale_.scale_max, options_.localizer.max_ratio);
}

void Detector::collect(std::map<std::string, torch::Tensor>& tensors, nlohmann::json& settings) const {
  collect_state(*localizer_, "localizer.", tensors);
  collect_state(*encoder_, "encoder.", tensors);
  prior_.collect(tensors, settings);
  settings["detector"] = options_to_json(options_);
  settings["trained_steps"] = trained_steps_;
  if (seed_) settings["seed"] = *seed_;
  if (trained_mask_threshold_) settings["trained_mask_threshold"] = *trained_mask_threshold_;
}

Detector Detector::restore(const std::map<std::string, torch::Tensor>& tensors,
                           const nlohmann::json& settings) {
  DetectorOptions options;
  options_from_json(options, settings.at("detector"), "detector.");
  Detector detector(options, ShapePrior::restore(tensors, settings));
  restore_state(*detector.localizer_, "localizer.", tensors);
  restore_state(*detector.encoder_, "encoder.", tensors);
  detector.trained_steps_ = settings.value("trained_steps", int64_t{0});
  if (settings.contains("seed")) detector.seed_ = settings.at("seed").get<uint64_t>();
  if (settings.contains("trained_mask_threshold"))
    detector.trained_mask_threshold_ = settings.at("trained_mask_threshold").get<double>();
  return detector;
}

void Detector::save(const std::filesystem::path& path) const {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  collect(tensors, settings);
  write_model_file(path, kModelFormat, settings, tensors);
}

Detector Detector::load(const std::filesystem::path& path) {
  return load_model_file(path, kModelFormat,
                         [](const ModelFile& file) { return restore(file.tensors, file.settings); });
}

}  // namespace priorseg
