#pragma once

#include <torch/optim/adamw.h>
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/maskrcnn/annotated_image.h"
#include "priorseg/maskrcnn/mask_rcnn.h"
#include "priorseg/nn/adam_moments.h"

namespace priorseg {

struct MaskRcnnLosses;

/// Trains a MaskRcnn on annotated images: AdamW, one cycle of the learning rate.
///
/// From four images on, a share of them (training.held_out) is not trained on; the validation loss is the
/// mean over fixed crops of these. With fewer images every annotation is needed, and the fixed crops come
/// from the training images: the loss then tells of convergence, not of overfitting.
class BaselineTrainer {
 public:
  /// @param images  at least one.
  /// @param seed    of every random choice of the training; step n draws from a stream of its own, so that a
  ///                resumed training goes on exactly as an uninterrupted one would.
  /// @throws Error where there is no image, or none holds an object.
  BaselineTrainer(MaskRcnn& model, std::vector<AnnotatedImage> images, uint64_t seed);

  /// One step of the optimiser. Named figures: loss, class, box, mask, objectness, proposal.
  std::vector<std::pair<std::string, double>> step();

  /// The validation loss. The weights with the lowest one so far are remembered.
  double validate();
  /// Gives the model the weights of the lowest validation loss, if there was any validation.
  /// @return  the step that they are of.
  int64_t take_best();

  int64_t steps_done() const { return model_.trained_steps(); }
  int64_t steps_total() const { return model_.options().training.steps; }
  /// Images that are trained on, and images that the validation loss is taken from.
  int64_t num_training_images() const { return static_cast<int64_t>(images_.size()); }
  int64_t num_held_out() const { return num_held_out_; }

  /// Weights, the best weights, moments of the optimiser and the step: all that a killed training needs.
  /// Safetensors, atomic.
  /// @param note  of the caller, kept beside them.
  void save_checkpoint(const std::filesystem::path& path, const std::string& note = {});
  /// @return  the note.
  /// @throws Error if the checkpoint belongs to other settings, another start or another seed.
  std::string load_checkpoint(const std::filesystem::path& path);

 private:
  void hold_out();
  void set_learning_rate();
  MaskRcnnLosses losses_of(const std::vector<TrainingSample>& samples, at::Generator& generator);

  MaskRcnn& model_;
  std::vector<AnnotatedImage> images_;
  std::vector<TrainingSample> validation_;
  int64_t num_held_out_ = 0;
  uint64_t seed_;
  NamedTensors parameters_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::map<std::string, torch::Tensor> best_;
  double best_loss_ = 0;
  int64_t best_step_ = -1;  // -1 = no validation yet
};

}  // namespace priorseg
