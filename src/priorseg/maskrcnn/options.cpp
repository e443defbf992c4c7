#include "priorseg/maskrcnn/options.h"

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/range_check.h"
#include "priorseg/nn/mixed_precision.h"

namespace priorseg {
namespace {

constexpr int64_t kStride = 32;  // of the coarsest feature map of the ResNet

void check_multiple(const std::string& name, int64_t value, int64_t low, int64_t high) {
  check_range(name, static_cast<double>(value), static_cast<double>(low), static_cast<double>(high));
  if (value % kStride != 0)
    throw Error(name + " is " + std::to_string(value) + ", expected a multiple of " +
                std::to_string(kStride));
}

/// How far two equal disks of radius 1 are apart that share `share` of their area.
double distance_of_disks(double share) {
  double near = 0, far = 2;
  for (int i = 0; i < 60; ++i) {
    const double distance = (near + far) / 2, half = distance / 2;
    const double shared = 2 / M_PI * (std::acos(half) - half * std::sqrt(1 - half * half));
    (shared > share ? near : far) = distance;
  }
  return near;
}

/// The greatest IoU of the boxes of two equal, parallel ellipses side by side, of which each covers `share`
/// of the other, over all angles: thin objects that lie askew hardly touch, but their boxes overlap.
double box_iou_of_neighbours(double axis_ratio, double share) {
  const double apart = distance_of_disks(share);  // in units of the short half axis
  double greatest = 0;
  for (int degrees = 0; degrees <= 90; ++degrees) {
    const double cosine = std::cos(degrees * M_PI / 180), sine = std::sin(degrees * M_PI / 180);
    const double half_width = std::hypot(axis_ratio * cosine, sine);
    const double half_height = std::hypot(axis_ratio * sine, cosine);
    const double shared_width = std::max(0.0, 1 - apart * sine / (2 * half_width));
    const double shared_height = std::max(0.0, 1 - apart * cosine / (2 * half_height));
    const double shared = shared_width * shared_height;
    greatest = std::max(greatest, shared / (2 - shared));
  }
  return greatest;
}

}  // namespace

void ObjectSizeOptions::validate() const {
  check_range("size.min", min, 2, 10000);
  check_range("size.max", max, min, 10000);
  check_range("size.side", side, 8, 256);
  check_range("size.slack", slack, 1, 2);
  check_range("size.max_ratio", max_ratio, 1, 10);
}

void BaselineTrainingOptions::validate() const {
  check_range("training.steps", static_cast<double>(steps), 1, 1e8);
  check_range("training.batch_size", static_cast<double>(batch_size), 1, 4096);
  check_multiple("training.crop_size", crop_size, 64, 4096);
  check_range("training.learning_rate", learning_rate, 1e-8, 1);
  check_range("training.weight_decay", weight_decay, 0, 1);
  check_range("training.warm_up", warm_up, 0, 0.9);
  check_range("training.gradient_limit", gradient_limit, 0, 1e9);
  check_range("training.held_out", held_out, 0, 0.5);
  check_range("training.validation_crops", static_cast<double>(validation_crops), 1, 1000);
  check_range("training.checkpoint_every", static_cast<double>(checkpoint_every), 1, 1e9);
  check_precision("training.precision", precision);
}

void BaselineInferenceOptions::validate() const {
  check_range("inference.score", score, 0, 1);
  check_range("inference.mask_threshold", mask_threshold, 0.01, 0.99);
  check_range("inference.max_overlap", max_overlap, 0, 1);
  check_multiple("inference.tile", tile, 64, 8192);
  check_precision("inference.precision", precision);
}

void MaskRcnnOptions::validate() const {
  size.validate();
  intensity.validate();
  backbone.validate();
  proposals.validate();
  regions.validate();
  training.validate();
  inference.validate();
}

double MaskRcnnOptions::network_from_image() const { return size.side / std::sqrt(size.min * size.max); }

AnchorOptions MaskRcnnOptions::anchors() const {
  const double scale = network_from_image();
  return anchors_for(size.min * scale / size.slack, size.max * scale * size.slack, size.max_ratio);
}

double MaskRcnnOptions::max_box_iou() const {
  return regions.max_iou > 0 ? regions.max_iou : box_iou_of_neighbours(size.max_ratio, inference.max_overlap);
}

MaskRcnnNetworkOptions MaskRcnnOptions::network() const {
  MaskRcnnNetworkOptions network{{}, backbone, anchors(), proposals, regions};
  network.regions.max_iou = max_box_iou();
  return network;
}

}  // namespace priorseg
