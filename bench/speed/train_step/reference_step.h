#pragma once

#include <torch/optim/adam.h>

#include <memory>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/training_crops.h"
#include "priorseg/nn/decoder.h"

namespace priorseg::bench {

/// The yardstick of the training step: the same mathematics written straightforwardly with stock LibTorch
/// operators. Every box of every grid cell is cropped with grid_sample, decoded, put into a window around its
/// grid cell with grid_sample and added up with fold; all tensors are NCHW; nothing is left out.
///
/// It takes networks and weights from a detector (as they are at construction, the decoder too) and trains
/// them in place.
class ReferenceStep {
 public:
  /// @param window  side of the window around a grid cell, px, a multiple of the grid cell; what a box
  /// reaches beyond it is
  ///                cut off. 96 is what a user of this formulation would take; it cuts the largest of the
  ///                elongated boxes.
  ReferenceStep(Detector& detector, std::vector<TrainingImage> images, uint64_t seed, int64_t window = 96);

  /// One step on the crops and the noise that step `number` of a Trainer with the same seed takes. @return
  /// the loss.
  double step(int64_t number);

 private:
  torch::Tensor crop_all(const torch::Tensor& images, const PredictedBoxes& predicted) const;
  torch::Tensor stitch_all(const torch::Tensor& patches, const PredictedBoxes& predicted,
                           const torch::Tensor& images) const;

  Detector& detector_;
  std::vector<TrainingImage> images_;
  uint64_t seed_;
  int64_t window_;
  Decoder decoder_{nullptr};
  std::unique_ptr<torch::optim::Adam> optimizer_;
};

}  // namespace priorseg::bench
