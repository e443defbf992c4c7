#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/network_image.h"
#include "priorseg/detector/options.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/ops/detections.h"
#include "priorseg/prior/shape_prior.h"

namespace priorseg {

/// A piece of what a detector found in an image that goes through it in bands.
struct FoundRows {
  Detections found;  ///< objects that are settled now; where two share pixels, the better one comes first or
                     ///< earlier
  RowRange rows;     ///< the next rows of the image of which all objects are settled
  torch::Tensor pixels;  ///< [C,N,W] of those rows
};

/// Localizer + encoder + frozen decoder: finds and outlines the objects of an image.
class Detector {
 public:
  /// A detector with random weights.
  /// @param seed  of the initial weights.
  /// @throws Error from options.validate().
  Detector(DetectorOptions options, ShapePrior prior, uint64_t seed);

  /// The boxes of all grid cells of a batch as a training sees them: differentiable, in the arithmetic of
  /// `training.precision`.
  ///
  /// @param images  [B,1,H,W] float32 in [0,1] on device(), H and W multiples of the grid cell.
  PredictedBoxes predict(const torch::Tensor& images);

  /// Finds the objects of one image that is in memory. The networks run tile by tile, with margins as wide as
  /// their field of view, and suppression runs once over the whole image: the result does not depend on the
  /// tile size.
  ///
  /// @param pixels   [C,H,W] float32, C = 1 or 3, values of the file.
  /// @param quantum  smallest step of the grey values, 1 for integers, 0 for floating point.
  Detections find(const torch::Tensor& pixels, double quantum);

  /// The most pixels of an image that is worked on at once, and of a band of a larger one.
  static constexpr int64_t kBandPixels = int64_t{1} << 24;

  /// Finds the objects of an image of any size. Several threads may search images at the same time with one
  /// detector that is in evaluation mode. One of more than `band_pixels` pixels is read twice from top
  /// to bottom (with size.own_scale its middle once more, before) and worked on in bands of its full width;
  /// memory grows with a band, not with the number of rows. Bands share the grid and the figures of the whole
  /// image and show the networks all they look at, and suppression goes on from band to band: no object is
  /// doubled or cut where bands meet. What is found differs from `find` by rounding, and by figures of the
  /// whole image that are measured from samples (BandedNetworkImage).
  ///
  /// @param give  called with one piece after the other from top to bottom; together they are the whole
  /// image.
  void find_in_bands(const ImageSource& image, int64_t band_pixels,
                     const std::function<void(const FoundRows&)>& give);

  const DetectorOptions& options() const { return options_; }
  const ShapePrior& prior() const { return prior_; }
  const NetworkScale& scale() const { return scale_; }
  /// The scale at which an image is looked at; scale() but for `size.own_scale`.
  NetworkScale scale_of(const ImageSource& image) const;
  Localizer& localizer() { return localizer_; }
  Encoder& encoder() { return encoder_; }
  int64_t trained_steps() const { return trained_steps_; }
  void set_trained_steps(int64_t steps) { trained_steps_ = steps; }
  /// Moves the networks, the prior's decoder included; images and results stay on the processor. To be called
  /// before a Trainer is made.
  void to(torch::Device device);
  torch::Device device() const { return device_; }
  /// Changes how objects are found, not what was learned.
  void set_inference(const InferenceOptions& inference);
  /// Cuts masks at a level that annotated images ask for, instead of at the one it was trained with.
  /// @param mask_threshold  in [0,1], see InferenceOptions.
  void calibrate(double mask_threshold);
  /// The options that it was trained with: options() as they were before calibrate().
  DetectorOptions trained_options() const;
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
  Candidates locate(const NetworkImage& image, RowRange cells);
  Instances read_shapes(const NetworkImage& image, const Candidates& candidates);
  Instances refined(Instances found, const NetworkImage& image) const;
  Instances find_candidates(const NetworkImage& image, RowRange cells);
  int64_t box_reach_cells() const;
  RowRange cells_to_show(const BandedNetworkImage& network, RowRange core) const;

  DetectorOptions options_;
  ShapePrior prior_;
  NetworkScale scale_;
  Localizer localizer_{nullptr};
  Encoder encoder_{nullptr};
  int64_t trained_steps_ = 0;
  std::optional<double> trained_mask_threshold_;  // where it was calibrated
  torch::Device device_ = torch::kCPU;
};

}  // namespace priorseg
