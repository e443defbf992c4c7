#pragma once

#include <torch/optim/adam.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/generator.h"
#include "priorseg/core/random.h"
#include "priorseg/detector/detector.h"

namespace priorseg {

/// One step of a training: the networks are in training mode as long as it lives. Its random numbers come
/// from a stream that belongs to seed, stage and number of the step, so that a resumed training draws what an
/// uninterrupted one would.
class TrainingStep {
 public:
  TrainingStep(Detector& detector, const Random& random);
  ~TrainingStep();
  TrainingStep(const TrainingStep&) = delete;
  TrainingStep& operator=(const TrainingStep&) = delete;

  /// For tensors of random numbers.
  at::Generator& generator() { return generator_; }
  Random& random() { return random_; }

 private:
  Detector& detector_;
  Random random_;
  at::Generator generator_;
};

/// What the trainings of a detector share: Adam over localizer and encoder, the seed, checkpoints.
class TrainingState {
 public:
  /// @param detector  as the stage begins with it: its steps until then belong to earlier stages.
  /// @param stage     name of the training: a checkpoint of another one is refused.
  TrainingState(Detector& detector, uint64_t seed, std::string stage);

  /// Begins a step and sets its learning rate.
  TrainingStep begin_step(double learning_rate);
  /// Descends along `loss` (a scalar) and counts the step.
  void descend(const torch::Tensor& loss);

  /// Weights, moments of the optimiser and the step: all that a killed training needs. Safetensors, atomic.
  /// @param note  of the caller, kept beside them.
  void save_checkpoint(const std::filesystem::path& path, const std::string& note) const;
  /// @return  the note.
  /// @throws Error if the checkpoint belongs to other settings, another seed, prior or stage.
  std::string load_checkpoint(const std::filesystem::path& path);

 private:
  Detector& detector_;
  uint64_t seed_;
  std::string stage_;
  int64_t first_step_;  // steps of earlier stages
  std::vector<std::pair<std::string, torch::Tensor>> parameters_;
  mutable torch::optim::Adam optimizer_;
};

/// The stage that a checkpoint belongs to.
/// @throws Error if the file is no checkpoint.
std::string checkpoint_stage(const std::filesystem::path& path);

/// The seed of the training that a checkpoint belongs to.
/// @throws Error if the file is no checkpoint.
uint64_t checkpoint_seed(const std::filesystem::path& path);

/// The figures of a step as numbers, in one transfer where they are on another device. The first is the loss.
/// @throws Error, with the number of the step, where the loss is not a number.
std::vector<std::pair<std::string, double>> step_figures(
    const std::vector<std::pair<std::string, torch::Tensor>>& terms, int64_t step);

}  // namespace priorseg
