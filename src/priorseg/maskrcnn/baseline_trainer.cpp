#include "priorseg/maskrcnn/baseline_trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/generator.h"
#include "priorseg/core/model_file.h"
#include "priorseg/maskrcnn/network.h"
#include "priorseg/nn/learning_rate.h"
#include "priorseg/nn/mixed_precision.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {

constexpr ModelFormat kCheckpointFormat{"priorseg baseline checkpoint 1", "'priorseg baseline train'",
                                        "delete it and train again"};
constexpr int64_t kLeastToHoldOut = 4;  // images: of fewer, each one is needed

/// As long as it lives, the model is in training mode.
class TrainingMode {
 public:
  explicit TrainingMode(MaskRcnn& model) : model_(model) { model_.set_training(true); }
  ~TrainingMode() { model_.set_training(false); }
  TrainingMode(const TrainingMode&) = delete;
  TrainingMode& operator=(const TrainingMode&) = delete;

 private:
  MaskRcnn& model_;
};

}  // namespace

BaselineTrainer::BaselineTrainer(MaskRcnn& model, std::vector<AnnotatedImage> images, uint64_t seed)
    : model_(model), images_(std::move(images)), seed_(seed) {
  if (images_.empty()) throw Error("there is no image to train on, expected at least one");
  const bool has_objects = std::any_of(images_.begin(), images_.end(), [](const AnnotatedImage& image) {
    return image.labels.max().item<int32_t>() > 0;
  });
  if (!has_objects) throw Error("the label maps hold no object, expected labels above 0");
  const auto& training = model_.options().training;
  hold_out();
  if (training.heads_only)
    for (auto& parameter : model_.network()->backbone()->body()->parameters())
      parameter.set_requires_grad(false);
  std::vector<torch::Tensor> tensors;
  for (const auto& item : model_.network()->named_parameters()) {
    if (!item.value().requires_grad()) continue;
    parameters_.emplace_back(item.key(), item.value());
    tensors.push_back(item.value());
  }
  optimizer_ = std::make_unique<torch::optim::AdamW>(
      tensors, torch::optim::AdamWOptions(training.learning_rate).weight_decay(training.weight_decay));
}

/// Takes images for validation out of those to train on, evenly spread, and draws the crops.
void BaselineTrainer::hold_out() {
  const auto& options = model_.options();
  const auto count = static_cast<int64_t>(images_.size());
  if (count >= kLeastToHoldOut && options.training.held_out > 0)
    num_held_out_ =
        std::max<int64_t>(1, std::llround(options.training.held_out * static_cast<double>(count)));
  std::vector<AnnotatedImage> trained, held_out;
  for (int64_t i = 0; i < count; ++i) {
    const bool is_held_out = (i + 1) * num_held_out_ / count > i * num_held_out_ / count;
    (is_held_out ? held_out : trained).push_back(images_[static_cast<size_t>(i)]);
  }
  images_ = std::move(trained);
  const auto& source = held_out.empty() ? images_ : held_out;
  Random random = Random(seed_).stream("validation");
  for (int64_t i = 0; i < options.training.validation_crops; ++i)
    validation_.push_back(
        draw_sample(source[static_cast<size_t>(i) % source.size()], options, /*augment=*/false, random));
}

void BaselineTrainer::set_learning_rate() {
  const auto& training = model_.options().training;
  const double share = (static_cast<double>(steps_done()) + 0.5) / static_cast<double>(training.steps);
  static_cast<torch::optim::AdamWOptions&>(optimizer_->param_groups()[0].options())
      .lr(training.learning_rate * one_cycle(share, training.warm_up));
}

MaskRcnnLosses BaselineTrainer::losses_of(const std::vector<TrainingSample>& samples,
                                          at::Generator& generator) {
  std::vector<torch::Tensor> images;
  std::vector<TrueObjects> truth;
  for (const auto& sample : samples) {
    images.push_back(sample.image);
    truth.push_back(sample.truth);
  }
  auto& network = model_.network();
  return network->losses(images, truth, generator,
                         arithmetic_of(model_.options().training.precision, network->device()));
}

std::vector<std::pair<std::string, double>> BaselineTrainer::step() {
  const auto& training = model_.options().training;
  Random random = Random(seed_).stream("step " + std::to_string(steps_done()));
  auto generator = torch_generator(random.seed());
  std::vector<TrainingSample> samples;
  for (int64_t i = 0; i < training.batch_size; ++i) {
    const auto index = random.integer(0, static_cast<int64_t>(images_.size()) - 1);
    samples.push_back(
        draw_sample(images_[static_cast<size_t>(index)], model_.options(), /*augment=*/true, random));
  }
  const TrainingMode training_mode(model_);
  set_learning_rate();
  const auto losses = losses_of(samples, generator);
  const auto total = losses.total();
  optimizer_->zero_grad();
  total.backward();
  if (training.gradient_limit > 0)
    torch::nn::utils::clip_grad_norm_(optimizer_->param_groups()[0].params(), training.gradient_limit);
  optimizer_->step();
  model_.set_trained_steps(steps_done() + 1);
  if (!std::isfinite(total.item<double>())) {
    throw Error("the training became unstable at step " + std::to_string(steps_done()) +
                " (the loss is not a number); lower training.learning_rate");
  }
  return {{"loss", total.item<double>()},
          {"class", losses.regions.classification.item<double>()},
          {"box", losses.regions.box.item<double>()},
          {"mask", losses.regions.mask.item<double>()},
          {"objectness", losses.proposals.objectness.item<double>()},
          {"proposal", losses.proposals.box.item<double>()}};
}

double BaselineTrainer::validate() {
  torch::NoGradGuard no_grad;
  auto generator = torch_generator(Random(seed_).stream("validation losses").seed());
  double sum = 0;
  for (const auto& sample : validation_) sum += losses_of({sample}, generator).total().item<double>();
  const double loss = sum / static_cast<double>(validation_.size());
  if (best_step_ < 0 || loss < best_loss_) {
    best_loss_ = loss;
    best_step_ = steps_done();
    collect_state(*model_.network(), "", best_);
  }
  return loss;
}

int64_t BaselineTrainer::take_best() {
  if (best_step_ < 0) return steps_done();
  restore_state(*model_.network(), "", best_);
  return best_step_;
}

void BaselineTrainer::save_checkpoint(const std::filesystem::path& path, const std::string& note) {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  model_.collect(tensors, settings);
  settings["seed"] = seed_;
  settings["best_loss"] = best_loss_;
  settings["best_step"] = best_step_;
  for (const auto& [name, tensor] : best_) tensors["best." + name] = tensor;
  collect_moments<torch::optim::AdamWParamState>(*optimizer_, parameters_, tensors);
  write_model_file(path, kCheckpointFormat, settings, tensors, {{"note", note}});
}

std::string BaselineTrainer::load_checkpoint(const std::filesystem::path& path) {
  const ModelFile file = read_model_file(path, kCheckpointFormat);
  const auto& settings = file.settings;
  if (settings.value("baseline", nlohmann::json()) != options_to_json(model_.options()) ||
      settings.value("seed", nlohmann::json()) != seed_ || settings.value("origin", "") != model_.origin()) {
    throw Error(path.string() +
                " belongs to a training with other settings, other initial weights or another seed; give the "
                "same, or another output file, or --restart");
  }
  restore_state(*model_.network(), "", file.tensors);
  best_loss_ = settings.value("best_loss", 0.0);
  best_step_ = settings.value("best_step", int64_t{-1});
  if (best_step_ >= 0)
    for (const auto& item : file.tensors)
      if (item.first.starts_with("best.")) best_[item.first.substr(5)] = item.second;
  const auto steps = settings.value("trained_steps", int64_t{0});
  restore_moments<torch::optim::AdamWParamState>(*optimizer_, parameters_, file.tensors, steps);
  model_.set_trained_steps(steps);
  const auto note = file.further.find("note");  // older checkpoints have none
  return note == file.further.end() ? std::string() : note->second;
}

}  // namespace priorseg
