#include "priorseg/maskrcnn/options.h"

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/maskrcnn/anchors.h"

namespace priorseg {
namespace {

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

void ObjectSizeOptions::check_rules(const std::string& where) const {
  if (max < min)
    throw Error(where + "max is " + number_text(max) + ", expected at least " + where + "min, " +
                number_text(min));
}

void BaselineInferenceOptions::validate() const { check_options(*this, "inference."); }

void MaskRcnnOptions::validate() const { check_options(*this); }

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
