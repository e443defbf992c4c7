#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "priorseg/core/observer.h"
#include "priorseg/core/options.h"
#include "priorseg/core/tensor.h"
#include "priorseg/prior/prior_options.h"

namespace priorseg {

class DecoderImpl;

/// What an object outline may look like: the frozen decoder of a variational autoencoder that was trained on
/// masks of single objects (paper, section "shape prior"; Kingma & Welling 2014).
///
/// It is constant once made: many threads may use one at the same time. It may be moved; a copy, of the
/// weights too, is made by clone().
class ShapePrior {
 public:
  ShapePrior(ShapePrior&&) = default;
  ShapePrior& operator=(ShapePrior&&) = default;

  /// Trains the autoencoder.
  ///
  /// @param masks  [N,1,S,S] float32 in [0,1], N >= 1, S = options.patch_size; the object's bounding box
  /// fills the middle
  ///               options.fill of the patch.
  /// @param seed   of every random choice.
  /// @throws Error on a wrong shape or an option out of range; Stopped between two steps.
  static ShapePrior train(const torch::Tensor& masks, const PriorOptions& options, uint64_t seed,
                          Observer& observer = nobody());

  /// Masks of shape latents. Differentiable in `latents`; the decoder's weights get no gradient.
  ///
  /// @param latents  [N,L] float32 on any device.
  /// @return         [N,1,S,S] float32 in [0,1], on device().
  /// @throws Error on another shape.
  torch::Tensor decode(const torch::Tensor& latents) const;
  /// Masks of `count` latents drawn from N(0,1): what the prior believes objects look like.
  /// @return  [count,1,S,S] float32 in [0,1], on the processor wherever the decoder is.
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

  /// A prior with a decoder of its own, on the same device.
  ShapePrior clone() const;
  /// Moves the decoder; nothing that was cloned or made from this prior moves with it.
  void to(torch::Device device);
  /// Where the decoder is.
  torch::Device device() const;
  /// The network, to look at.
  const DecoderImpl& decoder() const { return *decoder_; }

 private:
  explicit ShapePrior(const PriorOptions& options);
  void freeze();

  PriorOptions options_;
  // Frozen and in evaluation mode: its forward() only reads, although LibTorch's modules cannot say so.
  std::shared_ptr<DecoderImpl> decoder_;
  torch::Tensor examples_;
  double reconstruction_iou_ = 0;
  std::string origin_;
};

}  // namespace priorseg
