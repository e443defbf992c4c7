#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "priorseg/core/option_range.h"
#include "priorseg/image/gradient_options.h"
#include "priorseg/image/intensity_options.h"
#include "priorseg/image/plane_choice.h"
#include "priorseg/nn/network_options.h"
#include "priorseg/nn/precision.h"
#include "priorseg/ops/nms_rule.h"

namespace priorseg {

/// Object sizes and the scale at which the network sees them.
struct SizeOptions {
  double min =
      18;  ///< smallest object, sqrt(height * width) of its tight bounding box, px of the user's image
  double max = 56;  ///< largest object, px of the user's image
  double object_cells =
      1.8;                 ///< the geometric mean of min and max in grid cells, after the image is rescaled
  double slack = 1.1;      ///< the size range is widened by this factor at both ends
  double scale_min = 0;    ///< smallest box in grid cells; 0 = from min (the paper sets it: 2 for BBBC)
  double scale_max = 0;    ///< largest box in grid cells; 0 = from max (the paper sets it: 3 for BBBC)
  bool own_scale = false;  ///< an image whose objects are on the whole larger or smaller than those of the
                           ///< others is looked at in its own scale (image_scale.h)
  double level_span = 0;   ///< a range that is wider than this factor is looked at in levels that span it: in
                           ///< each image at those that its objects need (image_levels.h); 0 = never
  double typical = 0;      ///< for own_scale: the objects of a typical image, px; measured by the training
  double typical_of_large = 0;  ///< for own_scale: the same of an image with large objects, >= typical; `max`
                                ///< is the largest object of such an image, not of a typical one

  /// The range is looked at in levels.
  bool has_levels() const { return level_span > 0 && max > level_span * min; }
  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("min", min, between(2, 10000),
      "smallest object, sqrt(height x width) of its bounding box in px of your image");
    v("max", max, between(2, 10000),
      "largest object, sqrt(height x width) of its bounding box in px of your image");
    v("object_cells", object_cells, between(0.5, 8),
      "typical object in grid cells after the image is rescaled");
    v("slack", slack, between(1, 2), "the size range is widened by this factor at both ends");
    v("scale_min", scale_min, between(0, 16), "smallest box in grid cells, 0 = from 'min'");
    v("scale_max", scale_max, between(0, 16), "largest box in grid cells, 0 = from 'max'");
    v("own_scale", own_scale,
      "look at images whose objects are on the whole larger or smaller than those of the others in their own "
      "scale");
    v("level_span", level_span, between(0, 12),
      "where 'max' is larger than 'min' by more than this factor, each image is looked at in one or several "
      "scales that its objects need, each for sizes of this factor; 0 = never");
    v("typical", typical, between(0, 10000),
      "for 'own_scale': typical object of a typical image in px; a training measures it on its images");
    v("typical_of_large", typical_of_large, between(0, 10000),
      "for 'own_scale': the same of an image with large objects; measured likewise");
  }
};

enum class EdgePooling {
  kBatch,  ///< one ratio of all pixels of a step: an outline has to beat what all images of the step reach
  kImage,  ///< a ratio of each image, then their mean: the paper's equation, which is written for one image
};
constexpr auto option_names(EdgePooling) {
  return std::array{std::pair{EdgePooling::kBatch, "batch"}, std::pair{EdgePooling::kImage, "image"}};
}

/// Weights of the terms of the loss. Each term is described in docs/developer/method.md.
struct LossOptions {
  double alpha = 0.01;  ///< keeps the reconstruction from shrinking to nothing (paper, equation of L_edge)
  /// beta: KL divergence of the latents, nats, summed over the numbers of a latent and averaged over the
  /// boxes, whatever their presence
  double kl_weight = 3e-4;
  double edge_weight = 1.0;
  EdgePooling edge_pooling = EdgePooling::kBatch;  ///< of what the ratio in the edge loss is taken
  double region_weight = 0.0;        ///< 1 - soft IoU of the stitched masks and the soft foreground map
  double object_price = 0.0;         ///< mean presence over the grid
  double overlap_price = 0.0;        ///< mean coverage beyond one
  double foreground_level = 0.5;     ///< mapped intensity that counts as half foreground
  double foreground_softness = 0.1;  ///< width of the transition of the foreground map

  template <class Visitor>
  void visit(Visitor& v) {
    v("alpha", alpha, between(1e-9, 1), "keeps the reconstructed edges from shrinking to nothing");
    v("kl_weight", kl_weight, between(0, 1e3),
      "weight of the KL divergence of the latents (beta): summed over the numbers of a latent, averaged over "
      "the boxes");
    v("edge_weight", edge_weight, between(0, 1e3), "weight of the edge loss");
    v("edge_pooling", edge_pooling,
      "the share of drawn edges that lie on edges of the image is that of all crops of a step together, "
      "'batch', or of each crop and then averaged, 'image'");
    v("region_weight", region_weight, between(0, 1e3), "weight of 1 - soft IoU of masks and foreground map");
    v("object_price", object_price, between(0, 1e3), "weight of the mean presence: a price per object");
    v("overlap_price", overlap_price, between(0, 1e3), "weight of coverage beyond one: a price on overlap");
    v("foreground_level", foreground_level, between(0.01, 0.99),
      "mapped intensity that counts as half foreground");
    v("foreground_softness", foreground_softness, between(1e-3, 1),
      "width of the transition of the foreground map");
  }
};

struct TrainingOptions {
  int64_t steps = 1000;
  int64_t batch_size = 4;  ///< crops a step
  double boxes = 1.0;      ///< share of the grid cells whose boxes are decoded in a step, the likeliest first
  bool box_gradient_of_crop =
      true;  ///< also descend along what the encoder reads as the box moves (paper); costs time
  int64_t crop_size = 256;      ///< px of the network image, a multiple of the grid cell
  double learning_rate = 2e-3;  ///< highest rate of the one-cycle schedule (Adam)
  double warm_up = 0.1;         ///< share of the steps in which the rate rises
  double blank_crops = 0.1;  ///< share of crops that show background noise only: nothing may be found there
  int64_t max_images = 400;  ///< more training images than these are sampled evenly: memory stays bounded
  int64_t checkpoint_every = 200;             ///< steps between checkpoints
  Precision precision = Precision::kFloat32;  ///< of the localizer's convolutions

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, between(1, 1e8), "training steps");
    v("batch_size", batch_size, between(1, 4096), "crops a step");
    v("boxes", boxes, between(0.05, 1),
      "share of the grid cells whose boxes are decoded in a step, likeliest first");
    v("box_gradient_of_crop", box_gradient_of_crop,
      "descend along what the encoder reads as the box moves (paper)");
    v("crop_size", crop_size, between(4, 8192),
      "side of a training crop in px of the rescaled image, a multiple of the grid cell");
    v("learning_rate", learning_rate, between(1e-8, 1), "highest learning rate of the one-cycle schedule");
    v("warm_up", warm_up, between(0, 0.9), "share of the steps in which the learning rate rises");
    v("blank_crops", blank_crops, between(0, 0.5), "share of the crops that show noise only");
    v("max_images", max_images, between(1, 1e9),
      "at most so many training images are read, evenly spread over the list");
    v("checkpoint_every", checkpoint_every, between(1, 1e9), "steps between checkpoints");
    v("precision", precision,
      "of the localizer's arithmetic: 'float32', or 'bfloat16' (where the processor has it: faster)");
  }
};

/// Second stage of the training: the detector learns from what it found itself (SelfTrainer).
struct SelfTrainingOptions {
  int64_t steps = 0;               ///< 0 = no second stage
  int64_t max_images = 60;         ///< the detector is asked about so many images at most, evenly spread
  int64_t refine_steps = 20;       ///< the outlines it learns from are refined by so many steps
  double learning_rate = 1e-3;     ///< highest rate of the one-cycle schedule (Adam)
  double min_score = 0.3;          ///< objects below it are doubtful: nothing is learned about them
  double min_ellipse_fill = 0.94;  ///< objects that fill their ellipse by less are doubtful: two that touch
                                   ///< fill .89
  double unknown_level = 0.15;  ///< mapped intensity from which on it counts as unknown whether there is an
                                ///< object, unless one was found
  double darkest = 0.2;         ///< crops are darkened to at least this share of their brightness
  double noise = 0.05;          ///< most noise that is added, standard deviation in mapped intensity
  int64_t pasted = 4;           ///< at most so many objects are put against others in a crop
  double box_weight = 4;
  double mask_weight = 1;
  double kl_weight = 1e-4;

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, between(0, 1e8),
      "steps of the second stage, in which the detector learns from its own sure finds; 0 = none");
    v("max_images", max_images, between(1, 1e9),
      "it is asked about so many images at most, evenly spread over the list");
    v("refine_steps", refine_steps, between(0, 10000), "steps that refine the outlines it learns from");
    v("learning_rate", learning_rate, between(1e-8, 1), "highest learning rate of the one-cycle schedule");
    v("min_score", min_score, between(0, 1), "objects with a lower score teach nothing");
    v("min_ellipse_fill", min_ellipse_fill, between(0, 1),
      "objects that fill the ellipse of their moments by less teach nothing (two that touch: 0.89)");
    v("unknown_level", unknown_level, between(0, 1),
      "mapped intensity that may be an object although none was found there");
    v("darkest", darkest, between(0.01, 1), "crops are darkened to at least this share of their brightness");
    v("noise", noise, between(0, 1), "most noise added to a crop, standard deviation in mapped intensity");
    v("pasted", pasted, between(0, 1000), "at most so many objects are put against others in a crop");
    v("box_weight", box_weight, between(0, 1e3), "weight of the distance of the boxes");
    v("mask_weight", mask_weight, between(0, 1e3), "weight of the cross-entropy of the masks");
    v("kl_weight", kl_weight, between(0, 1e3), "weight of the KL divergence of the latents");
  }
};

enum class ObjectScore {
  kPresence,  ///< as in the paper
  kTrust,     ///< presence x alignment^2 (evidence.h)
};
constexpr auto option_names(ObjectScore) {
  return std::array{std::pair{ObjectScore::kPresence, "presence"}, std::pair{ObjectScore::kTrust, "trust"}};
}

struct InferenceOptions {
  double presence = 0.1;        ///< grid cells below it are dropped (paper: 0.1)
  double mask_threshold = 0.5;  ///< decoded masks are cut here in the image frame (paper: 0.5)
  double border_level = 0;  ///< where the pixels put the outlines (pixel_outline.h) at a mask_threshold of
                            ///< .5, with which it rises and falls: 0 = grey value around an object, 1 =
                            ///< inside; 0 itself: outlines stay as the networks draw them
  double stain_border_level = 0;  ///< border_level of stained tissue, a colour in which objects absorb; 0 =
                                  ///< border_level
  bool split_touching = false;    ///< an outline around objects that touch is divided between them
                                  ///< (touching_parts.h); where border_level is above 0
  bool relief_cells = false;      ///< the objects of a relief are its cells (relief_outline.h); where
                                  ///< border_level is above 0
  double max_overlap = 0.1;       ///< of the own area, in non-maximum suppression (paper: 0.1)
  ObjectScore score = ObjectScore::kPresence;
  NmsRule nms = NmsRule::kGreedy;
  double min_contrast =
      0.0;  ///< objects that stand out of their surroundings by fewer noise sigmas are dropped
  double stain_min_contrast = 0;  ///< objects of stained tissue that stand out by less than this share of
                                  ///< Otsu's threshold of the image are dropped; 0 = off
  double min_size_share =
      0.5;                  ///< objects smaller than a disk of this share of size.min are dropped; 0 = off
  double min_score = 0.0;   ///< objects with a lower score are dropped
  double min_chance = 0.0;  ///< outlines with a lower chance_of_match() (outline_quality.h) are dropped,
                            ///< where border_level is above 0 and no relief is looked at; 0 = off
  ImageChannel channel = ImageChannel::kAuto;  ///< kAuto = that of the training
  Polarity polarity = Polarity::kAuto;         ///< kAuto = that of the training
  bool other_polarity = false;  ///< an image in which hardly anything is found, and out of which much of the
                                ///< other polarity stands, is looked at in that one; with `polarity` kAuto
  int64_t tile = 1024;          ///< px of the network image; memory of the networks grows with it
  int64_t refine_steps = 0;     ///< steps along the loss for the outlines of each image, 0 = none
  Precision precision = Precision::kFloat32;  ///< of the localizer's convolutions

  /// @throws Error naming the setting, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("presence", presence, between(0, 1), "grid cells with a lower presence are dropped");
    v("mask_threshold", mask_threshold, between(0.01, 0.99), "masks are cut at this probability");
    v("border_level", border_level, between(0, 0.9),
      "outlines go where the pixels have this share of an object's height above its surroundings, more or "
      "less with 'mask_threshold'; 0 = they stay as the networks draw them");
    v("stain_border_level", stain_border_level, between(0, 0.9),
      "'border_level' of stained tissue: objects that absorb light, in one colour or stain; 0 = as "
      "'border_level'");
    v("split_touching", split_touching,
      "divide an outline between the objects that it was drawn around, where the image and their shapes say "
      "so; with a 'border_level' above 0, and where sizes do not span levels");
    v("relief_cells", relief_cells,
      "outline the cells that a relief shows where objects were found on them, instead of what was found; "
      "with "
      "a 'border_level' above 0");
    v("max_overlap", max_overlap, between(0, 1),
      "share of the own area that may be covered by a better object");
    v("score", score,
      "of an object: 'presence' (paper), or 'trust': presence x (how well its outline follows the image)^2");
    v("nms", nms, "'paper': a suppressed object still suppresses others; 'greedy': only kept objects do");
    v("min_contrast", min_contrast, between(0, 1e6),
      "objects brighter than their surroundings by fewer noise sigmas are dropped");
    v("stain_min_contrast", stain_min_contrast, between(0, 1),
      "objects of stained tissue that stand out of their surroundings by less than this share of what Otsu's "
      "method calls stained in the image are dropped, 0 = off");
    v("min_size_share", min_size_share, between(0, 1),
      "objects smaller than a disk with this share of size.min as diameter are dropped, 0 = off");
    v("min_score", min_score, between(0, 1), "objects with a lower score are dropped");
    v("min_chance", min_chance, between(0, 1),
      "outlines that are less likely to match an object, by their quality and by their size beside the "
      "middle "
      "of 'size', are dropped, 0 = off; with a 'border_level' above 0, and not in a relief");
    v("channel", channel, "what is looked at, as intensity.channel; 'auto': as in the training");
    v("polarity", polarity, "of the objects, as intensity.polarity; 'auto': as in the training");
    v("other_polarity", other_polarity,
      "with 'polarity' auto: look at an image in the other polarity where hardly anything is found "
      "otherwise; "
      "a training that chooses the polarity turns it on");
    v("tile", tile, between(64, 16384), "side of a tile in px of the rescaled image");
    v("refine_steps", refine_steps, between(0, 10000),
      "steps along the loss that refine the outlines of each image, 0 = none; 40 = finer, several times "
      "slower");
    v("precision", precision,
      "of the localizer's arithmetic: 'float32', or 'bfloat16' (where the processor has it: faster)");
  }
};

/// Every setting of the detector.
struct DetectorOptions {
  SizeOptions size;
  PlaneOptions planes;
  IntensityOptions intensity;
  GradientOptions gradient;
  LocalizerOptions localizer;
  EncoderOptions encoder;
  LossOptions loss;
  TrainingOptions training;
  SelfTrainingOptions self_training;
  InferenceOptions inference;

  /// @throws Error naming the setting, what was found and what is expected.
  void validate() const;
  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("size", size, "object sizes");
    v("planes", planes, "which planes of a file are looked at, where it has several");
    v("intensity", intensity, "how pixel values become network input");
    v("gradient", gradient, "gradient map");
    v("localizer", localizer, "network that places boxes");
    v("encoder", encoder, "network that reads shapes");
    v("loss", loss, "terms of the loss");
    v("training", training, "training");
    v("self_training", self_training, "second stage of the training, from the detector's own finds");
    v("inference", inference, "finding objects with a trained model");
  }
};

/// How user pixels, network pixels and grid cells relate.
struct NetworkScale {
  double network_from_image = 1;  ///< factor from px of the user's image to px of the network image
  double scale_min = 2;           ///< box sizes in grid cells
  double scale_max = 3;
  double min_size = 18;  ///< smallest and largest object in px of the network image
  double max_size = 56;
  /// Grey value from which on the image shows objects, where they cover most of it; else its most frequent
  /// value is the background.
  double objects_from = std::numeric_limits<double>::infinity();
};

/// Images are looked at in the scale of a typical one: with `size.own_scale` the largest object is that of
/// `size.max` scaled down from images with large objects to a typical image. Of a range with levels it is
/// that of a level in the middle, or where it is known, around the typical object.
///
/// @param fill  of the prior: share of a box that its object takes.
NetworkScale network_scale(const SizeOptions& size, int64_t cell_size, double fill);

}  // namespace priorseg
