#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

#include "priorseg/core/options.h"
#include "priorseg/core/observer.h"
#include "priorseg/nn/decoder.h"
#include "priorseg/prior/prior_options.h"

namespace priorseg {

/// What an object outline may look like: the frozen decoder of a variational autoencoder that was trained on
/// masks of single objects (paper, section "shape prior"; Kingma & Welling 2014).
class ShapePrior {
 public:
  /// Trains the autoencoder.
  ///
  /// @param masks  [N,1,S,S] float32 in [0,1], N >= 1, S = options.patch_size; the object's bounding box
  /// fills the middle
  ///               options.fill of the patch.
  /// @param seed   of every random choice.
  /// @throws Error on a wrong shape or an option out of range; Stopped between two steps.
  static ShapePrior train(const torch::Tensor& masks, const PriorOptions& options, uint64_t seed,
                          Observer& observer = nobody());

  /// Masks [N,1,S,S] in [0,1] of latents [N,L]. Differentiable in `latents`; the decoder's weights get no
  /// gradient.
  torch::Tensor decode(const torch::Tensor& latents) const;
  /// Masks of `count` latents drawn from N(0,1): what the prior believes objects look like.
  torch::Tensor sample(int64_t count, uint64_t seed) const;

  const PriorOptions& options() const { return options_; }
  /// Mean IoU between training masks and their reconstructions (at 0.5) after training.
  double reconstruction_iou() const { return reconstruction_iou_; }
  /// Up to 64 of the masks it was trained on, [K,1,S,S] float32: for pictures.
  const torch::Tensor& examples() const { return examples_; }
  /// Free text on where the shapes came from, e.g. the settings of the synthetic shapes as JSON.
  const std::string& origin() const { return origin_; }
  void set_origin(const std::string& origin);

  /// One safetensors file with its settings in the metadata, written atomically.
  void save(const std::filesystem::path& path) const;
  /// @throws Error if the file is not a prior of this program.
  static ShapePrior load(const std::filesystem::path& path);

  /// The same inside a larger file (a model holds its prior): tensors under "prior." and the settings as
  /// JSON.
  void collect(std::map<std::string, torch::Tensor>& tensors, nlohmann::json& settings) const;
  static ShapePrior restore(const std::map<std::string, torch::Tensor>& tensors,
                            const nlohmann::json& settings);

  void to(torch::Device device);

 private:
  explicit ShapePrior(const PriorOptions& options);
  void freeze();

  PriorOptions options_;
  Decoder decoder_{nullptr};
  torch::Tensor examples_;
  double reconstruction_iou_ = 0;
  std::string origin_;
};

}  // namespace priorseg
