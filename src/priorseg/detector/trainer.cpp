#include "priorseg/detector/trainer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "priorseg/core/error.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/nn/adam_moments.h"
#include "priorseg/nn/learning_rate.h"
#include "priorseg/nn/state.h"
#include "priorseg/ops/crop.h"
#include "priorseg/ops/sobel.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

constexpr const char* kFormat = "priorseg checkpoint 1";

/// The boxes that take part in a step. Boxes that are all but absent add next to nothing to the stitched
/// maps; the likeliest are taken, with Gumbel noise on the logits so that every grid cell is tried now and
/// then.
PredictedBoxes choose_boxes(const PredictedBoxes& all, const TrainingOptions& training) {
  if (training.boxes >= 1) return all;
  const auto count =
      std::max<int64_t>(1, std::llround(training.boxes * static_cast<double>(all.presence.size(0))));
  const auto presence = all.presence.detach();
  const auto uniform = torch::rand_like(presence).clamp(1e-6, 1 - 1e-6);
  const auto rank = torch::log(presence / (1 - presence)) - torch::log(-torch::log(uniform));
  const auto chosen = std::get<0>(std::get<1>(rank.topk(count)).sort());
  PredictedBoxes result = all;
  result.presence = all.presence.index_select(0, chosen);
  result.boxes = all.boxes.index_select(0, chosen);
  result.image_of_box = all.image_of_box.index_select(0, chosen);
  return result;
}

/// The settings in the metadata of a checkpoint.
nlohmann::json checkpoint_settings(const TensorFile& file, const std::filesystem::path& path) {
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kFormat) {
    throw Error(path.string() + " is no checkpoint of priorseg, expected a '" + std::string(kFormat) + "'");
  }
  const auto text = file.metadata.find("settings");
  auto settings =
      text == file.metadata.end() ? nlohmann::json() : nlohmann::json::parse(text->second, nullptr, false);
  if (!settings.is_object()) throw Error(path.string() + " has damaged settings; delete it and train again");
  return settings;
}

bool holds_prior(const TensorFile& file, const ShapePrior& prior) {
  std::map<std::string, torch::Tensor> expected;
  nlohmann::json settings;
  prior.collect(expected, settings);
  return std::all_of(expected.begin(), expected.end(), [&](const auto& entry) {
    const auto found = file.tensors.find(entry.first);
    return found != file.tensors.end() && found->second.equal(entry.second);
  });
}

}  // namespace

Trainer::Trainer(Detector& detector, std::vector<TrainingImage> images, uint64_t seed)
    : detector_(detector), images_(std::move(images)), seed_(seed) {
  if (images_.empty()) throw Error("there is no image to train on, expected at least one");
  std::vector<torch::Tensor> tensors;
  const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
    for (const auto& item : module.named_parameters()) {
      parameters_.emplace_back(prefix + item.key(), item.value());
      tensors.push_back(item.value());
    }
  };
  add("localizer.", *detector_.localizer());
  add("encoder.", *detector_.encoder());
  optimizer_ = std::make_unique<torch::optim::Adam>(
      tensors, torch::optim::AdamOptions(detector_.options().training.learning_rate));
}

void Trainer::set_learning_rate() {
  const auto& training = detector_.options().training;
  const double share = (static_cast<double>(steps_done()) + 0.5) / static_cast<double>(training.steps);
  static_cast<torch::optim::AdamOptions&>(optimizer_->param_groups()[0].options())
      .lr(training.learning_rate * one_cycle(share, training.warm_up));
}

LossTerms Trainer::forward(const CropBatch& batch) {
  const auto& options = detector_.options();
  const auto& scale = detector_.scale();
  const auto& prior = detector_.prior();
  LossInput input;
  input.image_edges = (sobel_magnitude(batch.images) / batch.gradient_scales).clamp_max(1);
  input.foreground = foreground_map(batch.images, options.loss);

  const auto predicted =
      decode_boxes(detector_.localizer()->forward(batch.images), options.localizer.cell_size(),
                   scale.scale_min, scale.scale_max, options.localizer.max_ratio);
  const auto chosen = choose_boxes(predicted, options.training);
  const auto crop_boxes = options.training.box_gradient_of_crop ? chosen.boxes : chosen.boxes.detach();
  const auto patches = crop(batch.images, crop_boxes, chosen.image_of_box, prior.options().patch_size);
  const auto latent = detector_.encoder()->forward(patches);
  const auto masks = prior.decode(latent.sample());
  const auto weighted =
      torch::cat({sobel_magnitude(masks).clamp_max(1), masks}, 1) * chosen.presence.view({-1, 1, 1, 1});
  const auto stitched = stitch(weighted, chosen.boxes, chosen.image_of_box, batch.images.size(0),
                               {batch.images.size(2), batch.images.size(3)});
  input.stitched_edges = stitched.slice(1, 0, 1);
  input.stitched_masks = stitched.slice(1, 1, 2);
  input.presence = predicted.presence;
  input.divergence = latent.divergence();
  return detector_loss(input, options.loss);
}

std::vector<std::pair<std::string, double>> Trainer::step() {
  Random random = Random(seed_).stream("step " + std::to_string(steps_done()));
  torch::manual_seed(random.seed());
  detector_.set_training(true);
  set_learning_rate();
  auto batch = draw_crops(images_, detector_.options(), random);
  batch.images = batch.images.to(detector_.device());
  batch.gradient_scales = batch.gradient_scales.to(detector_.device());
  const auto terms = forward(batch);
  optimizer_->zero_grad();
  terms.total.backward();
  optimizer_->step();
  detector_.set_training(false);
  detector_.set_trained_steps(steps_done() + 1);
  // One transfer, where the terms are on another device.
  const auto figures =
      torch::stack({terms.total, terms.edge, terms.region, terms.presence, terms.overlap, terms.divergence})
          .detach()
          .to(torch::kCPU, torch::kFloat64);
  const auto figure = [&](int64_t i) { return figures[i].item<double>(); };
  const double total = figure(0);
  if (!std::isfinite(total)) {
    throw Error("the training became unstable at step " + std::to_string(steps_done()) +
                " (the loss is not a number); lower training.learning_rate");
  }
  return {{"loss", total},         {"edge", figure(1)},    {"region", figure(2)},
          {"presence", figure(3)}, {"overlap", figure(4)}, {"kl", figure(5)}};
}

void Trainer::save_checkpoint(const std::filesystem::path& path) const {
  TensorFile file;
  nlohmann::json settings;
  detector_.collect(file.tensors, settings);
  settings["seed"] = seed_;
  collect_moments<torch::optim::AdamParamState>(*optimizer_, parameters_, file.tensors);
  file.metadata = {{"format", kFormat}, {"settings", settings.dump()}};
  write_tensor_file(path, file);
}

void Trainer::load_checkpoint(const std::filesystem::path& path) {
  const TensorFile file = read_tensor_file(path);
  const auto settings = checkpoint_settings(file, path);
  const std::string remedy = "; give the same, or another output folder, or --restart";
  if (settings.value("detector", nlohmann::json()) != options_to_json(detector_.options()) ||
      settings.value("seed", nlohmann::json()) != seed_) {
    throw Error(path.string() + " belongs to a training with other settings or another seed" + remedy);
  }
  if (!holds_prior(file, detector_.prior())) {
    throw Error(path.string() + " belongs to a training with another shape prior" + remedy);
  }
  restore_state(*detector_.localizer(), "localizer.", file.tensors);
  restore_state(*detector_.encoder(), "encoder.", file.tensors);
  const auto steps = settings.value("trained_steps", int64_t{0});
  restore_moments<torch::optim::AdamParamState>(*optimizer_, parameters_, file.tensors, steps);
  detector_.set_trained_steps(steps);
}

}  // namespace priorseg
