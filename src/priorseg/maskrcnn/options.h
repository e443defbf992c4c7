#pragma once

#include <cstdint>
#include <string>

#include "priorseg/image/intensity.h"
#include "priorseg/maskrcnn/network.h"

namespace priorseg {

/// Object sizes, and the scale at which the network sees them.
struct ObjectSizeOptions {
  double min = 18;       ///< smallest object, sqrt(height * width) of its tight bounding box, px of the image
  double max = 56;       ///< largest object, px of the image
  double side = 32;      ///< the geometric mean of min and max in px of the network image
  double slack = 1.1;    ///< the size range is widened by this factor at both ends
  double max_ratio = 3;  ///< width / height of objects lies in [1/max_ratio, max_ratio]

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("min", min, "smallest object, sqrt(height x width) of its bounding box in px of your image");
    v("max", max, "largest object, sqrt(height x width) of its bounding box in px of your image");
    v("side", side, "typical object in px after the image is rescaled, 8 to 256");
    v("slack", slack, "the size range is widened by this factor at both ends, 1 to 2");
    v("max_ratio", max_ratio, "largest width to height ratio of objects (and its inverse), 1 to 10");
  }
};

/// How the network learns.
struct BaselineTrainingOptions {
  int64_t steps = 1500;
  int64_t batch_size = 2;              ///< crops a step
  int64_t crop_size = 256;             ///< side of a crop, px of the network image, a multiple of 32
  double learning_rate = 3e-4;         ///< highest rate of the schedule (AdamW)
  double weight_decay = 1e-4;          ///< decoupled
  double warm_up = 0.1;                ///< share of the steps in which the rate rises
  double gradient_limit = 10;          ///< longer gradients are shortened to this norm, 0 = never
  bool heads_only = false;             ///< the ResNet keeps its weights
  double held_out = 0.1;               ///< share of the images that the validation loss is taken from
  int64_t validation_crops = 8;        ///< crops that the validation loss is the mean of
  int64_t checkpoint_every = 100;      ///< steps between validations, and between checkpoints
  std::string precision = "bfloat16";  ///< or "float32": of convolutions and linear maps, where the processor
                                       ///< has units for it; weights stay float32

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, "training steps");
    v("batch_size", batch_size, "crops a step");
    v("crop_size", crop_size, "side of a training crop in px of the rescaled image, a multiple of 32");
    v("learning_rate", learning_rate, "highest learning rate (AdamW, warm-up, then a cosine to 0)");
    v("weight_decay", weight_decay, "decoupled weight decay, 0 to 1");
    v("warm_up", warm_up, "share of the steps in which the learning rate rises, 0 to 0.9");
    v("gradient_limit", gradient_limit, "longer gradients are shortened to this norm, 0 = never");
    v("heads_only", heads_only, "train pyramid, proposals and heads; the ResNet stays as it is");
    v("held_out", held_out, "share of the images held out for validation, from 4 images on, 0 to 0.5");
    v("validation_crops", validation_crops, "crops that the validation loss is the mean of, 1 to 1000");
    v("checkpoint_every", checkpoint_every, "steps between validations, and between checkpoints");
    v("precision", precision,
      "of the network's arithmetic: 'float32', or 'bfloat16' (where the processor has it: faster)");
  }
};

/// How objects are found with a trained network.
struct BaselineInferenceOptions {
  double score = 0.5;                  ///< objects with a lower score are dropped
  double mask_threshold = 0.5;         ///< masks are cut here in the image frame
  double max_overlap = 0.1;            ///< share of the own area that may be covered by a better object
  int64_t tile = 768;                  ///< px of the network image; memory grows with it
  std::string precision = "bfloat16";  ///< as that of the training

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("score", score, "objects with a lower score are dropped, 0 to 1");
    v("mask_threshold", mask_threshold, "masks are cut at this probability, 0 to 1");
    v("max_overlap", max_overlap, "share of the own area that may be covered by a better object, 0 to 1");
    v("tile", tile, "side of a tile in px of the rescaled image, a multiple of 32");
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

  /// @throws Error naming the field, what was found and what is expected.
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
