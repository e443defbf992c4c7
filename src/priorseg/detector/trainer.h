#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/loss.h"
#include "priorseg/detector/training_crops.h"
#include "priorseg/detector/training_state.h"

namespace priorseg {

/// Trains a detector on images alone: no label enters (paper, section "loss"; docs/developer/method.md).
class Trainer {
 public:
  static constexpr const char* kStage = "images";

  /// @param images  at least one.
  /// @param seed    of every random choice of the training; step n draws from a stream of its own, so that a
  /// resumed
  ///                training goes on exactly as an uninterrupted one would.
  Trainer(Detector& detector, std::vector<TrainingImage> images, uint64_t seed);

  /// One step of the optimiser. Named figures of the step: loss, edge, region, presence, overlap, kl.
  std::vector<std::pair<std::string, double>> step();

  int64_t steps_done() const { return detector_.trained_steps(); }
  int64_t steps_total() const { return detector_.options().training.steps; }

  /// See TrainingState.
  void save_checkpoint(const std::filesystem::path& path, const std::string& note = {}) const {
    state_.save_checkpoint(path, note);
  }
  std::string load_checkpoint(const std::filesystem::path& path) { return state_.load_checkpoint(path); }

 private:
  LossTerms forward(const CropBatch& batch, at::Generator& generator);

  Detector& detector_;
  std::vector<TrainingImage> images_;
  TrainingState state_;
};

}  // namespace priorseg
