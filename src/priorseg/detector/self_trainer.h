#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/teaching_crops.h"
#include "priorseg/detector/training_state.h"

namespace priorseg {

/// Second stage of the training, still without a label: the detector learns from what it found itself
/// (TeachingImage). What it takes over are objects that it was sure of, with outlines that were refined; what
/// it learns anew is to find them when they are dimmer, blurred, noisier, or touch. Presence becomes the
/// probability that the teacher would be sure of an object.
///
///   L = BCE(presence, found) over grid cells that are known
///     + box_weight * smoothL1(offset in sides, log height, log width)
///     + mask_weight * BCE(decoded mask, the teacher's mask in the student's box) + kl_weight * KL
class SelfTrainer {
 public:
  static constexpr const char* kStage = "self-training";

  /// @param detector  trained for training.steps steps; it is the student from now on.
  /// @param images    at least one; what the detector found before.
  SelfTrainer(Detector& detector, std::vector<TeachingImage> images, uint64_t seed);

  /// One step. Named figures: self_loss, found (BCE of presence), box, mask.
  std::vector<std::pair<std::string, double>> step();

  /// Counted on from the first stage.
  int64_t steps_done() const { return detector_.trained_steps(); }
  int64_t steps_total() const {
    return detector_.options().training.steps + detector_.options().self_training.steps;
  }

  /// See TrainingState.
  void save_checkpoint(const std::filesystem::path& path, const std::string& note = {}) const {
    state_.save_checkpoint(path, note);
  }
  std::string load_checkpoint(const std::filesystem::path& path) { return state_.load_checkpoint(path); }

 private:
  struct Terms {
    torch::Tensor total, found, box, mask;
  };
  Terms forward(const TeachingBatch& batch);

  Detector& detector_;
  std::vector<TeachingImage> images_;
  TrainingState state_;
};

}  // namespace priorseg
