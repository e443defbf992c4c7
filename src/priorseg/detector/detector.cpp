#include "priorseg/detector/detector.h"

#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/detector/image_scale.h"
#include "priorseg/nn/mixed_precision.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {
constexpr const char* kModelFormat = "priorseg model 1";
}

Detector::Detector(DetectorOptions options, ShapePrior prior, uint64_t seed)
    : options_(std::move(options)), prior_(std::move(prior)) {
  options_.validate();
  scale_ = network_scale(options_.size, options_.localizer.cell_size(), prior_.options().fill);
  torch::manual_seed(seed);
  localizer_ = Localizer(options_.localizer);
  encoder_ = Encoder(options_.encoder, prior_.options().patch_size, prior_.options().latent_size);
  set_training(false);
}

NetworkScale Detector::scale_of(const ImageSource& image) const {
  return scale_of_image(image, options_, scale_);
}

void Detector::to(torch::Device device) {
  localizer_->to(device);
  encoder_->to(device);
  prior_.to(device);
  device_ = device;
}

void Detector::set_inference(const InferenceOptions& inference) {
  inference.validate();
  options_.inference = inference;
}

void Detector::calibrate(double mask_threshold) {
  auto inference = options_.inference;
  inference.mask_threshold = mask_threshold;
  const double trained = trained_options().inference.mask_threshold;
  set_inference(inference);
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
  if (trained_mask_threshold_) settings["trained_mask_threshold"] = *trained_mask_threshold_;
}

Detector Detector::restore(const std::map<std::string, torch::Tensor>& tensors,
                           const nlohmann::json& settings) {
  DetectorOptions options;
  options_from_json(options, settings.at("detector"), "detector.");
  Detector detector(options, ShapePrior::restore(tensors, settings), 0);
  restore_state(*detector.localizer_, "localizer.", tensors);
  restore_state(*detector.encoder_, "encoder.", tensors);
  detector.trained_steps_ = settings.value("trained_steps", int64_t{0});
  if (settings.contains("trained_mask_threshold"))
    detector.trained_mask_threshold_ = settings.at("trained_mask_threshold").get<double>();
  return detector;
}

void Detector::save(const std::filesystem::path& path) const {
  TensorFile file;
  nlohmann::json settings;
  collect(file.tensors, settings);
  file.metadata = {{"format", kModelFormat}, {"settings", settings.dump()}};
  write_tensor_file(path, file);
}

Detector Detector::load(const std::filesystem::path& path) {
  const TensorFile file = read_tensor_file(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kModelFormat) {
    throw Error(path.string() + " is " +
                (format == file.metadata.end() ? "no file of priorseg" : "a '" + format->second + "'") +
                ", expected a '" + kModelFormat + "' as written by 'priorseg train' or 'priorseg run'");
  }
  try {
    return restore(file.tensors, nlohmann::json::parse(file.metadata.at("settings")));
  } catch (const Error& error) {
    throw Error(path.string() + ": " + error.what());
  } catch (const nlohmann::json::exception&) {
    throw Error(path.string() + " has damaged settings; train it again with 'priorseg train'");
  } catch (const std::out_of_range&) {
    throw Error(path.string() + " has no settings; train it again with 'priorseg train'");
  }
}

}  // namespace priorseg
