#pragma once

#include <torch/optim/adam.h>
#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/loss.h"
#include "priorseg/detector/training_crops.h"

namespace priorseg {

/// Trains a detector on images alone: no label enters (paper, section "loss"; docs/method.md).
class Trainer {
 public:
  /// @param images  at least one.
  /// @param seed    of every random choice of the training; step n draws from a stream of its own, so that a
  /// resumed
  ///                training goes on exactly as an uninterrupted one would.
  Trainer(Detector& detector, std::vector<TrainingImage> images, uint64_t seed);

  /// One step of the optimiser. Named figures of the step: loss, edge, region, presence, overlap, kl.
  std::vector<std::pair<std::string, double>> step();

  int64_t steps_done() const { return detector_.trained_steps(); }
  int64_t steps_total() const { return detector_.options().training.steps; }

  /// Weights, moments of the optimiser and the step: all that a killed training needs. Safetensors, atomic.
  void save_checkpoint(const std::filesystem::path& path) const;
  /// @throws Error if the checkpoint belongs to other settings or another seed.
  void load_checkpoint(const std::filesystem::path& path);

 private:
  LossTerms forward(const CropBatch& batch);
  void set_learning_rate();

  Detector& detector_;
  std::vector<TrainingImage> images_;
  uint64_t seed_;
  std::vector<std::pair<std::string, torch::Tensor>> parameters_;
  std::unique_ptr<torch::optim::Adam> optimizer_;
};

}  // namespace priorseg
