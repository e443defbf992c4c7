#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/eval/label_files.h"
#include "priorseg/maskrcnn/annotated_image.h"
#include "priorseg/maskrcnn/mask_rcnn.h"
#include "priorseg/maskrcnn/pretrained.h"

namespace priorseg {

/// Names of what a training of the baseline writes: the model, and beside it the table of losses and, until
/// the training ends, the checkpoint.
struct BaselineFiles {
  std::filesystem::path model;

  std::filesystem::path losses() const { return beside("losses.csv"); }
  std::filesystem::path checkpoint() const { return beside("checkpoint.safetensors"); }

 private:
  std::filesystem::path beside(const std::string& ending) const {
    return model.parent_path() / (model.stem().string() + "." + ending);
  }
};

/// What to train, and from what.
struct BaselineJob {
  MaskRcnnOptions options;
  uint64_t seed = 1;
  PretrainedWeights pretrained;  ///< without tensors: random weights
  std::string learned_from;      ///< for the model's origin, e.g. "12 annotated images"
  /// The images as the given model sees them.
  std::function<std::vector<AnnotatedImage>(const MaskRcnn&)> images;
  bool restart = false;        ///< ignore the checkpoint or model of an earlier training
  std::string device = "cpu";  ///< as find_device takes it
};

/// The settings of the baseline before the user says anything: grey values are mapped as in the detector's
/// default preset.
MaskRcnnOptions baseline_defaults();

/// Settings of a training that starts from `weights`: batch norm is frozen.
MaskRcnnOptions starting_from(const PretrainedWeights& weights, MaskRcnnOptions options);

/// Simulated images to train on where there are no annotated ones.
struct SimulatedImages {
  std::string preset = "mixed";  ///< of 'priorseg simulate'
  int64_t count = 60;
};

/// A training on simulated images whose objects have the sizes of `options`.
BaselineJob pretraining_job(const SimulatedImages& images, const MaskRcnnOptions& options, uint64_t seed);

/// Trains and writes the model with the lowest validation loss. Goes on from the checkpoint, if there is one.
/// A model that is there already and finished with the same settings is left as it is.
/// @throws Error where the checkpoint belongs to another training. Stopped after a checkpoint was written.
void train_baseline(const BaselineJob& job, const BaselineFiles& files, Observer& observer);

/// Reads images with their label maps. Files that cannot be read, and pairs of different sizes, are reported
/// and left out.
/// @throws Error where nothing is left.
std::vector<AnnotatedImage> read_annotated(const std::vector<AnnotatedFile>& files, const MaskRcnn& model,
                                           Observer& observer);

}  // namespace priorseg
