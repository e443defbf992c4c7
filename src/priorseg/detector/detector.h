#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/core/tensor.h"
#include "priorseg/detector/image_part.h"
#include "priorseg/detector/network_image.h"
#include "priorseg/detector/options.h"
#include "priorseg/detector/outline_quality.h"
#include "priorseg/ops/detections.h"
#include "priorseg/prior/shape_prior.h"

namespace priorseg {

class EncoderImpl;
class LocalizerImpl;
class OutlineDraft;
struct PredictedBoxes;

/// A piece of what a detector found in an image that goes through it in bands.
struct FoundRows {
  Detections found;  ///< objects that are settled now; where two share pixels, the better one comes first or
                     ///< earlier
  std::vector<OutlineSigns> signs;  ///< of each object; empty where outlines are not compared with the pixels
  RowRange rows;                    ///< the next rows of the image of which all objects are settled
  torch::Tensor pixels;             ///< [C,N,W] of those rows
  torch::Tensor
      artefacts;  ///< [N,W] uint8 of those rows, an ArtefactKind each; undefined where none was found
  // Of an image that is worked on whole; of one that goes in bands it is not known.
  int64_t looked_at = 0;     ///< px of the image
  int64_t standing_out = 0;  ///< px that could be an object, by their brightness alone
  int64_t explained = 0;     ///< those of them that lie in an object
  int64_t covered = 0;       ///< px that lie in an object
  int64_t alone = 0;      ///< network px of parts that stand out and are compact: each looks like one object
  int64_t alone_met = 0;  ///< those of them whose part is outlined as one object (IoU of .5 and more)
  bool looks_opposite = false;  ///< what stands out has the other polarity than what is looked for
  bool is_inverted = false;     ///< it was looked at in the other polarity (InferenceOptions::other_polarity)

  /// Much stands out of the image, and hardly any of it lies in an object.
  bool is_unexplained() const;
  /// Most of what stands out lies in objects, and most of the objects stands out. Gaps between objects that
  /// cover an image do not get there.
  bool is_plainly_explained() const;
};

/// Localizer + encoder + frozen decoder: finds and outlines the objects of an image.
///
/// Once trained or loaded it is a constant: many threads may search images with one detector at the same
/// time, each with inference options of its own. It is in evaluation mode but for a step of a trainer. It may
/// be moved; a copy, of the weights too, is made by clone().
class Detector {
 public:
  /// A detector with random weights.
  /// @param prior  copied: what happens to this detector leaves it as it is.
  /// @param seed   of the initial weights.
  /// @throws Error from options.validate().
  Detector(DetectorOptions options, const ShapePrior& prior, uint64_t seed);
  Detector(Detector&&) = default;
  Detector& operator=(Detector&&) = default;
  /// A detector with weights of its own, on the same device.
  Detector clone() const;

  /// The boxes of all grid cells of a batch as a training sees them: differentiable, in the arithmetic of
  /// `training.precision`.
  ///
  /// @param images  [B,1,H,W] float32 in [0,1] on device(), H and W multiples of the grid cell.
  PredictedBoxes predict(const torch::Tensor& images);

  /// Finds the objects of one image that is in memory. The networks run tile by tile, with margins as wide as
  /// their field of view, and suppression runs once over the whole image: the result does not depend on the
  /// tile size.
  ///
  /// @param inference  how objects are found in this call; without it options().inference.
  /// @throws Error from inference.validate().
  Detections find(const Image& image, const InferenceOptions& inference, Observer& observer = nobody()) const;
  Detections find(const Image& image) const;

  /// The most pixels of an image that is worked on at once, and of a band of a larger one.
  static constexpr int64_t kBandPixels = int64_t{1} << 24;

  /// Finds the objects of an image of any size. One of more than `band_pixels` pixels is read twice from top
  /// to bottom (with size.own_scale or levels its middle once more, before) and worked on in bands of its
  /// full width, and these in tiles (InferenceOptions::tile): what is held of a band are its pixels, in the
  /// bytes that they need, and its objects; what the networks look at is there for one tile at a time. Tiles
  /// share the grid and the figures of the whole image and show the networks all they look at, and
  /// suppression goes on from band to band: no object is doubled or cut where tiles meet. What is found
  /// differs from `find` by rounding, and by figures of the whole image that are measured from samples
  /// (TiledNetworkImage).
  ///
  /// @param inference  how objects are found in this call; without it options().inference.
  /// @param give       called with one piece after the other from top to bottom; together they are the whole
  ///                   image.
  /// @param observer   asked at every tile, and whenever rows are read, whether to stop.
  /// @throws Error from inference.validate(), or what reading the image or `give` throws; Stopped.
  void find_in_bands(const ImageSource& image, int64_t band_pixels, const InferenceOptions& inference,
                     const std::function<void(const FoundRows&)>& give, Observer& observer = nobody()) const;
  void find_in_bands(const ImageSource& image, int64_t band_pixels,
                     const std::function<void(const FoundRows&)>& give) const;

  /// What parts of a large image have to know of the whole, in a form that can be sent to other processes.
  /// Reads the image once from top to bottom (as find_in_bands() does before it looks for anything).
  /// @throws Error from inference.validate(), or what reading the image throws; Stopped.
  ImageFigures measure(const ImageSource& image, const InferenceOptions& inference,
                       Observer& observer = nobody()) const;
  /// Cuts an image into parts of whole bands of find_in_bands().
  /// @param image    of which `figures` were measured.
  /// @param bands    of a part, >= 1.
  std::vector<ImagePart> parts_of(const ImageInfo& image, const ImageFigures& figures,
                                  const InferenceOptions& inference, int64_t band_pixels,
                                  int64_t bands) const;
  /// Finds the objects of one part as find_in_bands() finds them in the whole image.
  /// @param image  of it the rows `part.read` are read.
  /// @param give   called with rows `part.given` from top to bottom, in rows of the whole image. The objects
  /// of
  ///               the part are those whose centre lies in `part.owned`; what else is given lies in the
  ///               margins and may be incomplete.
  /// @throws Error as find_in_bands; where overlapping objects form a chain beyond the margin.
  void find_in_part(const ImageSource& image, const ImageFigures& figures, const ImagePart& part,
                    const InferenceOptions& inference, const std::function<void(const FoundRows&)>& give,
                    Observer& observer = nobody()) const;
  /// What the networks find in an image that is worked on whole, so that outlines can be drawn at one border
  /// level after the other (outline_draft.h). It holds the image.
  /// @throws Error from inference.validate(), or what reading the image throws; Stopped.
  OutlineDraft draft(const ImageSource& image, const InferenceOptions& inference, Observer& observer) const;

  const DetectorOptions& options() const { return options_; }
  /// Its own copy of the prior, on the processor wherever the networks are.
  const ShapePrior& prior() const { return prior_; }
  /// Masks of shape latents where the networks are, see ShapePrior::decode.
  /// @return  [N,1,S,S] float32 in [0,1], on device().
  torch::Tensor decode(const torch::Tensor& latents) const;
  const NetworkScale& scale() const { return scale_; }
  /// The scales at which an image is looked at, coarsest first: scale() alone but for `size.own_scale` and
  /// `size.level_span`.
  std::vector<NetworkScale> levels_of(const ImageSource& image) const;
  /// The networks, for whoever trains them.
  const std::shared_ptr<LocalizerImpl>& localizer() { return localizer_; }
  const std::shared_ptr<EncoderImpl>& encoder() { return encoder_; }
  int64_t trained_steps() const { return trained_steps_; }
  void set_trained_steps(int64_t steps) { trained_steps_ = steps; }
  /// The seed of the job that trained it; nothing in models of version 0.1.
  std::optional<uint64_t> seed() const { return seed_; }
  void set_seed(uint64_t seed) { seed_ = seed; }
  /// Moves the networks, the decoder included; images, results and prior() stay on the processor. To be
  /// called before a Trainer is made.
  void to(torch::Device device);
  torch::Device device() const { return device_; }
  /// Cuts masks at a level that annotated images ask for, instead of at the one it was trained with.
  /// @param mask_threshold  see InferenceOptions.
  /// @throws Error where it is out of range.
  void calibrate(double mask_threshold);
  /// The options that it was trained with: options() as they were before calibrate().
  DetectorOptions trained_options() const;
  /// Training mode (batch statistics) or evaluation mode (running statistics): for trainers, which leave it
  /// in evaluation mode.
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
  class Search;  // one call of find

  /// With networks of any weights.
  Detector(DetectorOptions options, ShapePrior&& prior);

  DetectorOptions options_;
  ShapePrior prior_;
  std::optional<ShapePrior> prior_on_device_;  // where that is not the processor
  NetworkScale scale_;
  // In evaluation mode their forward() only reads, although LibTorch's modules cannot say so: methods that
  // are const call it.
  std::shared_ptr<LocalizerImpl> localizer_;
  std::shared_ptr<EncoderImpl> encoder_;
  int64_t trained_steps_ = 0;
  std::optional<uint64_t> seed_;
  std::optional<double> trained_mask_threshold_;  // where it was calibrated
  torch::Device device_ = torch::kCPU;
};

}  // namespace priorseg
