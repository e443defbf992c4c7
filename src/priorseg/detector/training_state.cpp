#include "priorseg/detector/training_state.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/model_file.h"
#include "priorseg/nn/adam_moments.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {

constexpr ModelFormat kCheckpointFormat{"priorseg checkpoint 1", "'priorseg train' or 'priorseg run'",
                                        "delete it and train again"};

bool holds_prior(const ModelFile& file, const ShapePrior& prior) {
  std::map<std::string, torch::Tensor> expected;
  nlohmann::json settings;
  prior.collect(expected, settings);
  return std::all_of(expected.begin(), expected.end(), [&](const auto& entry) {
    const auto found = file.tensors.find(entry.first);
    return found != file.tensors.end() && found->second.equal(entry.second);
  });
}

std::vector<std::pair<std::string, torch::Tensor>> parameters_of(Detector& detector) {
  std::vector<std::pair<std::string, torch::Tensor>> parameters;
  const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
    for (const auto& item : module.named_parameters())
      parameters.emplace_back(prefix + item.key(), item.value());
  };
  add("localizer.", *detector.localizer());
  add("encoder.", *detector.encoder());
  return parameters;
}

std::vector<torch::Tensor> tensors_of(const std::vector<std::pair<std::string, torch::Tensor>>& parameters) {
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, tensor] : parameters) tensors.push_back(tensor);
  return tensors;
}

/// Where the file does not say, it is of the time before there were stages.
std::string stage_of(const nlohmann::json& settings) {
  return settings.value("stage", std::string("images"));
}

}  // namespace

TrainingState::TrainingState(Detector& detector, uint64_t seed, std::string stage)
    : detector_(detector),
      seed_(seed),
      stage_(std::move(stage)),
      first_step_(detector.trained_steps()),
      parameters_(parameters_of(detector)),
      optimizer_(tensors_of(parameters_), torch::optim::AdamOptions()) {}

TrainingStep::TrainingStep(Detector& detector, const Random& random)
    : detector_(detector), random_(random), generator_(torch_generator(random_.seed())) {
  detector_.set_training(true);
}

TrainingStep::~TrainingStep() { detector_.set_training(false); }

TrainingStep TrainingState::begin_step(double learning_rate) {
  static_cast<torch::optim::AdamOptions&>(optimizer_.param_groups()[0].options()).lr(learning_rate);
  return {detector_, Random(seed_).stream(stage_ + " step " + std::to_string(detector_.trained_steps()))};
}

void TrainingState::descend(const torch::Tensor& loss) {
  optimizer_.zero_grad();
  loss.backward();
  optimizer_.step();
  detector_.set_trained_steps(detector_.trained_steps() + 1);
}

void TrainingState::save_checkpoint(const std::filesystem::path& path, const std::string& note) const {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  detector_.collect(tensors, settings);
  settings["seed"] = seed_;
  settings["stage"] = stage_;
  collect_moments<torch::optim::AdamParamState>(optimizer_, parameters_, tensors);
  write_model_file(path, kCheckpointFormat, settings, tensors, {{"note", note}});
}

std::string TrainingState::load_checkpoint(const std::filesystem::path& path) {
  const ModelFile file = read_model_file(path, kCheckpointFormat);
  const auto& settings = file.settings;
  const std::string remedy = "; give the same, or another output folder, or --restart";
  if (settings.value("detector", nlohmann::json()) != options_to_json(detector_.options()) ||
      settings.value("seed", nlohmann::json()) != seed_) {
    throw Error(path.string() + " belongs to a training with other settings or another seed" + remedy);
  }
  if (!holds_prior(file, detector_.prior())) {
    throw Error(path.string() + " belongs to a training with another shape prior" + remedy);
  }
  if (stage_of(settings) != stage_) {
    throw Error(path.string() + " belongs to stage '" + stage_of(settings) + "' of a training, expected '" +
                stage_ + "'" + remedy);
  }
  restore_state(*detector_.localizer(), "localizer.", file.tensors);
  restore_state(*detector_.encoder(), "encoder.", file.tensors);
  const auto steps = settings.value("trained_steps", int64_t{0});
  restore_moments<torch::optim::AdamParamState>(optimizer_, parameters_, file.tensors, steps - first_step_);
  detector_.set_trained_steps(steps);
  const auto note = file.further.find("note");  // older checkpoints have none
  return note == file.further.end() ? std::string() : note->second;
}

std::string checkpoint_stage(const std::filesystem::path& path) {
  return stage_of(read_model_file(path, kCheckpointFormat).settings);
}

uint64_t checkpoint_seed(const std::filesystem::path& path) {
  return read_model_file(path, kCheckpointFormat).settings.value("seed", uint64_t{0});
}

std::vector<std::pair<std::string, double>> step_figures(
    const std::vector<std::pair<std::string, torch::Tensor>>& terms, int64_t step) {
  std::vector<torch::Tensor> scalars;
  for (const auto& [name, value] : terms) scalars.push_back(value.detach());
  const auto figures = torch::stack(scalars).to(torch::kCPU, torch::kFloat64);
  std::vector<std::pair<std::string, double>> result;
  for (size_t i = 0; i < terms.size(); ++i)
    result.emplace_back(terms[i].first, figures[static_cast<int64_t>(i)].item<double>());
  if (!std::isfinite(result.front().second)) {
    throw Error("the training became unstable at step " + std::to_string(step) +
                " (the loss is not a number); lower training.learning_rate");
  }
  return result;
}

}  // namespace priorseg
