#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/option_range.h"

// What Mask R-CNN is made of. Without LibTorch, so that settings are read and shown without it.
namespace priorseg {

/// How images enter the network.
struct InputOptions {
  int64_t shorter_side = 0;  ///< px that the shorter side is brought to, 0 = images as they are
  int64_t longer_side = 0;   ///< px that the longer side does not exceed then, 0 = no limit

  template <class Visitor>
  void visit(Visitor& v) {
    v("shorter_side", shorter_side, between(0, 10000),
      "px that the shorter side is brought to, 0 = images as they are");
    v("longer_side", longer_side, between(0, 100000),
      "px that the longer side does not exceed then, 0 = no limit");
  }
};

enum class BackboneKind {
  kResNet50,
  kResNet18,  ///< a third of the work
};
constexpr auto option_names(BackboneKind) {
  return std::array{std::pair{BackboneKind::kResNet50, "resnet50"},
                    std::pair{BackboneKind::kResNet18, "resnet18"}};
}

/// What the convolutional part of Mask R-CNN looks like.
struct BackboneOptions {
  BackboneKind kind = BackboneKind::kResNet50;
  bool frozen_norm = false;    ///< batch norm uses stored statistics and learns nothing
  double norm_epsilon = 1e-5;  ///< added to the variances; 0 for the weights that torchvision publishes
  int64_t pyramid_channels = 256;

  template <class Visitor>
  void visit(Visitor& v) {
    v("kind", kind, "'resnet50', or the lighter 'resnet18'");
    v("frozen_norm", frozen_norm, "batch norm uses stored statistics and learns nothing");
    v("norm_epsilon", norm_epsilon, between(0, 0.1), "added to the variances of batch norm");
    v("pyramid_channels", pyramid_channels, between(8, 1024), "channels of the feature pyramid");
  }
};

/// The reference boxes of the region proposal network: one side a level of the feature pyramid, several
/// ratios.
struct AnchorOptions {
  std::vector<double> sides = {32, 64, 128, 256, 512};  ///< sqrt(height x width) a level, network px
  std::vector<double> ratios = {0.5, 1, 2};             ///< height / width

  template <class Visitor>
  void visit(Visitor& v) {
    v("sides", sides, list_of(1, 5, between(2, 10000)),
      "sqrt(height x width) of the anchors of each pyramid level in network px");
    v("ratios", ratios, list_of(1, 9, between(0.05, 20)), "height / width of the anchors");
  }
};

/// How proposals are made and learned. Defaults are those of torchvision.
struct ProposalOptions {
  int64_t most_before_nms = 2000;        ///< best boxes of each level that go into suppression, in training
  int64_t most_after_nms = 2000;         ///< best boxes of an image that are left, in training
  int64_t most_before_nms_found = 1000;  ///< the same when objects are found
  int64_t most_after_nms_found = 1000;
  double max_iou = 0.7;       ///< of suppression
  double positive_iou = 0.7;  ///< from which on an anchor is an object
  double negative_iou = 0.3;  ///< below which it is background
  int64_t samples = 256;      ///< anchors of an image that the losses are taken from
  double positive_share = 0.5;

  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("most_before_nms", most_before_nms, between(1, 1e6),
      "training: best boxes of a level that go into suppression");
    v("most_after_nms", most_after_nms, between(1, 1e6), "training: best boxes of an image that are left");
    v("most_before_nms_found", most_before_nms_found, between(1, 1e6), "segmenting: best boxes of a level");
    v("most_after_nms_found", most_after_nms_found, between(1, 1e6), "segmenting: best boxes of a tile");
    v("max_iou", max_iou, between(0, 1), "proposals that overlap a better one more are dropped");
    v("positive_iou", positive_iou, between(0, 1), "IoU from which on an anchor counts as an object");
    v("negative_iou", negative_iou, between(0, 1), "IoU below which an anchor counts as background");
    v("samples", samples, between(1, 1e9), "anchors of an image that the losses are taken from");
    v("positive_share", positive_share, between(0, 1), "largest share of objects among them");
  }
};

/// How proposals become objects. Defaults are those of torchvision where nothing else is said.
struct RegionOptions {
  int64_t box_width = 1024;     ///< of the two linear layers of the box head
  int64_t mask_channels = 256;  ///< of the four convolutions of the mask head
  double positive_iou = 0.5;    ///< from which on a proposal is an object
  int64_t samples = 128;  ///< proposals of an image that the losses are taken from; torchvision: 512, of
                          ///< whose masks a step on a crop would take four times as long
  double positive_share = 0.25;
  bool aligned_pooling = false;  ///< RoIAlign with or without its correction by half a px
  bool aligned_masks = true;     ///< the same for the masks that are learned; torchvision: false
  double min_score = 0.05;       ///< objects below it are dropped
  double max_iou = 0;            ///< of the suppression of boxes; 0 = from the objects' size and shape
  int64_t max_objects = 500;     ///< best objects of an image that are kept; torchvision: 100

  template <class Visitor>
  void visit(Visitor& v) {
    v("box_width", box_width, between(16, 4096), "width of the two linear layers of the box head");
    v("mask_channels", mask_channels, between(8, 1024), "channels of the convolutions of the mask head");
    v("positive_iou", positive_iou, between(0, 1), "IoU from which on a proposal counts as an object");
    v("samples", samples, between(1, 1e9), "proposals of an image that the losses are taken from");
    v("positive_share", positive_share, between(0, 1), "largest share of objects among them");
    v("aligned_pooling", aligned_pooling, "features are cut out with a correction by half a pixel");
    v("aligned_masks", aligned_masks, "masks are learned with a correction by half a pixel");
    v("min_score", min_score, between(0, 1), "objects with a lower score are dropped");
    v("max_iou", max_iou, between(0, 1),
      "objects whose box overlaps a better one's more (IoU) are dropped; 0 = from size.max_ratio and "
      "inference.max_overlap");
    v("max_objects", max_objects, between(1, 1e6), "most objects of a tile");
  }
};

/// Everything that the network is made of.
struct MaskRcnnNetworkOptions {
  InputOptions input;
  BackboneOptions backbone;
  AnchorOptions anchors;
  ProposalOptions proposals;
  RegionOptions regions;
};

}  // namespace priorseg
