#pragma once

#include <cstdint>
#include <string>

#include "priorseg/core/option_range.h"
#include "priorseg/image/intensity_options.h"
#include "priorseg/maskrcnn/network_options.h"
#include "priorseg/nn/precision.h"

namespace priorseg {

/// Object sizes, and the scale at which the network sees them.
struct ObjectSizeOptions {
  double min = 18;       ///< smallest object, sqrt(height * width) of its tight bounding box, px of the image
  double max = 56;       ///< largest object, px of the image
  double side = 32;      ///< the geometric mean of min and max in px of the network image
  double slack = 1.1;    ///< the size range is widened by this factor at both ends
  double max_ratio = 3;  ///< width / height of objects lies in [1/max_ratio, max_ratio]

  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("min", min, between(2, 10000),
      "smallest object, sqrt(height x width) of its bounding box in px of your image");
    v("max", max, between(2, 10000),
      "largest object, sqrt(height x width) of its bounding box in px of your image");
    v("side", side, between(8, 256), "typical object in px after the image is rescaled");
    v("slack", slack, between(1, 2), "the size range is widened by this factor at both ends");
    v("max_ratio", max_ratio, between(1, 10), "largest width to height ratio of objects (and its inverse)");
  }
};

/// How the network learns.
struct BaselineTrainingOptions {
  int64_t steps = 1500;
  int64_t batch_size = 2;          ///< crops a step
  int64_t crop_size = 256;         ///< side of a crop, px of the network image, a multiple of 32
  double learning_rate = 3e-4;     ///< highest rate of the schedule (AdamW)
  double weight_decay = 1e-4;      ///< decoupled
  double warm_up = 0.1;            ///< share of the steps in which the rate rises
  double gradient_limit = 10;      ///< longer gradients are shortened to this norm, 0 = never
  bool heads_only = false;         ///< the ResNet keeps its weights
  double held_out = 0.1;           ///< share of the images that the validation loss is taken from
  int64_t validation_crops = 8;    ///< crops that the validation loss is the mean of
  int64_t checkpoint_every = 100;  ///< steps between validations, and between checkpoints
  Precision precision = Precision::kBFloat16;

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, between(1, 1e8), "training steps");
    v("batch_size", batch_size, between(1, 4096), "crops a step");
    v("crop_size", crop_size, multiple_of(32, 64, 4096),
      "side of a training crop in px of the rescaled image");
    v("learning_rate", learning_rate, between(1e-8, 1),
      "highest learning rate (AdamW, warm-up, then a cosine to 0)");
    v("weight_decay", weight_decay, between(0, 1), "decoupled weight decay");
    v("warm_up", warm_up, between(0, 0.9), "share of the steps in which the learning rate rises");
    v("gradient_limit", gradient_limit, between(0, 1e9),
      "longer gradients are shortened to this norm, 0 = never");
    v("heads_only", heads_only, "train pyramid, proposals and heads; the ResNet stays as it is");
    v("held_out", held_out, between(0, 0.5), "share of the images held out for validation, from 4 images on");
    v("validation_crops", validation_crops, between(1, 1000),
      "crops that the validation loss is the mean of");
    v("checkpoint_every", checkpoint_every, between(1, 1e9),
      "steps between validations, and between checkpoints");
    v("precision", precision,
      "of the network's arithmetic: 'float32', or 'bfloat16' (where the processor has it: faster)");
  }
};

/// How objects are found with a trained network.
struct BaselineInferenceOptions {
  double score = 0.5;           ///< objects with a lower score are dropped
  double mask_threshold = 0.5;  ///< masks are cut here in the image frame
  double max_overlap = 0.1;     ///< share of the own area that may be covered by a better object
  int64_t tile = 768;           ///< px of the network image; memory grows with it
  Precision precision = Precision::kBFloat16;

  /// @throws Error naming the setting, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("score", score, between(0, 1), "objects with a lower score are dropped");
    v("mask_threshold", mask_threshold, between(0.01, 0.99), "masks are cut at this probability");
    v("max_overlap", max_overlap, between(0, 1),
      "share of the own area that may be covered by a better object");
    v("tile", tile, multiple_of(32, 64, 8192), "side of a tile in px of the rescaled image");
    v("precision", precision,
      "of the network's arithmetic: 'float32', or 'bfloat16' (where the processor has it: faster)");
  }
};

/// Every setting of the supervised baseline.
struct MaskRcnnOptions {
  ObjectSizeOptions size;
  IntensityOptions intensity;
  BackboneOptions backbone;
  ProposalOptions proposals;
  RegionOptions regions;
  BaselineTrainingOptions training;
  BaselineInferenceOptions inference;

  /// @throws Error naming the setting, what was found and what is expected.
  void validate() const;

  /// px of the network image per px of the user's image.
  double network_from_image() const;
  /// Anchors that fit the size range.
  AnchorOptions anchors() const;
  /// The IoU of boxes above which the lesser object is dropped: regions.max_iou, or, where that is 0, the box
  /// equivalent of inference.max_overlap for objects of the shapes that size.max_ratio allows.
  double max_box_iou() const;
  /// What the network is made of.
  MaskRcnnNetworkOptions network() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("size", size, "object sizes");
    v("intensity", intensity, "how pixel values become network input");
    v("backbone", backbone, "convolutional part of the network");
    v("proposals", proposals, "region proposals");
    v("regions", regions, "heads for boxes and masks");
    v("training", training, "training");
    v("inference", inference, "finding objects with a trained model");
  }
};

}  // namespace priorseg
