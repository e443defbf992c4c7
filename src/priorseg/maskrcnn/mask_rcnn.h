#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/instances.h"
#include "priorseg/core/options.h"
#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/maskrcnn/options.h"
#include "priorseg/ops/detections.h"

namespace priorseg {

class MaskRcnnNetworkImpl;

/// Mask R-CNN as a supervised baseline: it learns from images with label maps and finds objects like a
/// Detector. Like that it is a constant once trained or loaded, for many threads at the same time, and in
/// evaluation mode but for a step of its trainer.
class MaskRcnn {
 public:
  /// The most pixels of an image, given and rescaled, that find() takes.
  static constexpr int64_t kMostPixels = int64_t{1} << 26;

  /// A network with random weights.
  /// @param seed  of the initial weights.
  /// @throws Error from options.validate().
  MaskRcnn(MaskRcnnOptions options, uint64_t seed);
  MaskRcnn(MaskRcnn&&) = default;
  MaskRcnn& operator=(MaskRcnn&&) = default;
  /// A model with weights of its own, on the same device.
  MaskRcnn clone() const;

  /// The image as the network sees it: rescaled, mapped to [0,1].
  /// @return  [h,w] float32 in [0,1]
  torch::Tensor prepare(const Image& image) const;

  /// @throws Error where find() and prepare() would refuse an image of this size, px.
  void check_size(int64_t height, int64_t width) const;

  /// Finds the objects of one image. A large one is read in tiles that overlap by more than the largest
  /// object; of a tile those objects count whose centre lies in its part of the image. Suppression by masks
  /// runs once over the whole image, as a Detector's does.
  ///
  /// @param inference  how objects are found in this call; without it options().inference.
  /// @return           boxes in px of the image, masks of 28 px a side, no latents.
  /// @throws Error where the image has more than kMostPixels, or from inference.validate().
  Detections find(const Image& image, const BaselineInferenceOptions& inference) const;
  Detections find(const Image& image) const;

  const MaskRcnnOptions& options() const { return options_; }
  /// The network, for whoever trains it.
  const std::shared_ptr<MaskRcnnNetworkImpl>& network() { return network_; }
  int64_t trained_steps() const { return trained_steps_; }
  void set_trained_steps(int64_t steps) { trained_steps_ = steps; }
  /// Where the weights come from, one line: "random weights", then what was done with them.
  const std::string& origin() const { return origin_; }
  void set_origin(std::string origin) { origin_ = std::move(origin); }
  /// Moves the network; images and results stay on the processor. To be called before a BaselineTrainer is
  /// made.
  void to(torch::Device device);
  /// Training mode (batch statistics where they are not frozen) or evaluation mode: for trainers, which leave
  /// it in evaluation mode.
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
  /// With a network of any weights.
  explicit MaskRcnn(MaskRcnnOptions options);
  Instances find_instances(const torch::Tensor& mapped, const BaselineInferenceOptions& inference) const;

  MaskRcnnOptions options_;
  // In evaluation mode its find() only reads, although LibTorch's modules cannot say so.
  std::shared_ptr<MaskRcnnNetworkImpl> network_;
  int64_t trained_steps_ = 0;
  std::string origin_ = "random weights";
};

}  // namespace priorseg
