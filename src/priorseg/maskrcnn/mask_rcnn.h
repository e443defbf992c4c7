#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/instances.h"
#include "priorseg/core/options.h"
#include "priorseg/maskrcnn/network.h"
#include "priorseg/maskrcnn/options.h"
#include "priorseg/ops/detections.h"

namespace priorseg {

/// Mask R-CNN as a supervised baseline: it learns from images with label maps and finds objects like a
/// Detector.
class MaskRcnn {
 public:
  /// The most pixels of an image, given and rescaled, that find() takes.
  static constexpr int64_t kMostPixels = int64_t{1} << 26;

  /// A network with random weights.
  /// @param seed  of the initial weights.
  /// @throws Error from options.validate().
  MaskRcnn(MaskRcnnOptions options, uint64_t seed);

  /// The image as the network sees it: rescaled, mapped to [0,1].
  /// @param pixels   [C,H,W] float32, C = 1 or 3, values of the file.
  /// @param quantum  smallest step of the grey values, 1 for integers, 0 for floating point.
  /// @return         [h,w] float32 in [0,1]
  torch::Tensor prepare(const torch::Tensor& pixels, double quantum) const;

  /// @throws Error where find() and prepare() would refuse an image of this size, px.
  void check_size(int64_t height, int64_t width) const;

  /// Finds the objects of one image. Several threads may do so at the same time while the model is in
  /// evaluation mode, as it is but for a step of training. A large one is read in tiles that overlap by more
  /// than the largest object; of a tile those objects count whose centre lies in its part of the image.
  /// Suppression by masks runs once over the whole image, as a Detector's does.
  /// @return  boxes in px of the image, masks of 28 px a side, no latents.
  /// @throws Error where the image has more than kMostPixels.
  Detections find(const torch::Tensor& pixels, double quantum);

  const MaskRcnnOptions& options() const { return options_; }
  MaskRcnnNetwork& network() { return network_; }
  int64_t trained_steps() const { return trained_steps_; }
  void set_trained_steps(int64_t steps) { trained_steps_ = steps; }
  /// Where the weights come from, one line: "random weights", then what was done with them.
  const std::string& origin() const { return origin_; }
  void set_origin(std::string origin) { origin_ = std::move(origin); }
  /// Moves the network; images and results stay on the processor. To be called before a BaselineTrainer is
  /// made.
  void to(torch::Device device) { network_->to(device); }
  /// Changes how objects are found, not what was learned.
  void set_inference(const BaselineInferenceOptions& inference);
  /// Training mode (batch statistics where they are not frozen) or evaluation mode.
  void set_training(bool training);

  /// Every weight by torchvision's name, and the settings as JSON: the content of a model file.
  void collect(std::map<std::string, torch::Tensor>& tensors, nlohmann::json& settings) const;
  static MaskRcnn restore(const std::map<std::string, torch::Tensor>& tensors,
                          const nlohmann::json& settings);

  /// One safetensors file, written atomically.
  void save(const std::filesystem::path& path) const;
  /// @throws Error if the file is not a model of a baseline.
  static MaskRcnn load(const std::filesystem::path& path);

 private:
  Instances find_instances(const torch::Tensor& mapped);

  MaskRcnnOptions options_;
  MaskRcnnNetwork network_{nullptr};
  int64_t trained_steps_ = 0;
  std::string origin_ = "random weights";
};

}  // namespace priorseg
