#pragma once

#include <torch/types.h>

#include <filesystem>
#include <vector>

#include "priorseg/core/instances.h"
#include "priorseg/core/progress.h"
#include "priorseg/detector/network_image.h"
#include "priorseg/detector/options.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/ops/rasterize.h"
#include "priorseg/prior/shape_prior.h"

namespace priorseg {

/// What a detector found in one image: after suppression, best score first.
struct Detections {
  Instances instances;                ///< boxes in px of the user's image
  std::vector<ObjectPixels> objects;  ///< their pixels in the user's image, same order
};

/// Localizer + encoder + frozen decoder: finds and outlines the objects of an image.
class Detector {
 public:
  /// A detector with random weights.
  /// @param seed  of the initial weights.
  /// @throws Error from options.validate().
  Detector(DetectorOptions options, ShapePrior prior, uint64_t seed);

  /// Finds the objects of one image of any size. The networks run tile by tile, with margins as wide as their
  /// field of view, and suppression runs once over the whole image: the result does not depend on the tile
  /// size.
  ///
  /// @param pixels   [C,H,W] float32, C = 1 or 3, values of the file.
  /// @param quantum  smallest step of the grey values, 1 for integers, 0 for floating point.
  Detections find(const torch::Tensor& pixels, double quantum);

  const DetectorOptions& options() const { return options_; }
  const ShapePrior& prior() const { return prior_; }
  const NetworkScale& scale() const { return scale_; }
  Localizer& localizer() { return localizer_; }
  Encoder& encoder() { return encoder_; }
  int64_t trained_steps() const { return trained_steps_; }
  void set_trained_steps(int64_t steps) { trained_steps_ = steps; }
  /// Changes how objects are found, not what was learned.
  void set_inference(const InferenceOptions& inference);
  /// Training mode (batch statistics) or evaluation mode (running statistics).
  void set_training(bool training);

  /// Every weight, and the settings as JSON: the content of a model file.
  void collect(std::map<std::string, torch::Tensor>& tensors, nlohmann::json& settings) const;
  static Detector restore(const std::map<std::string, torch::Tensor>& tensors,
                          const nlohmann::json& settings);

  /// One safetensors file that holds the prior too, written atomically.
  void save(const std::filesystem::path& path) const;
  /// @throws Error if the file is not a model of this program.
  static Detector load(const std::filesystem::path& path);

 private:
  struct Candidates {
    torch::Tensor boxes, scores;
  };
  Candidates locate(const NetworkImage& image);
  Instances read_shapes(const NetworkImage& image, const Candidates& candidates);

  DetectorOptions options_;
  ShapePrior prior_;
  NetworkScale scale_;
  Localizer localizer_{nullptr};
  Encoder encoder_{nullptr};
  int64_t trained_steps_ = 0;
};

}  // namespace priorseg
