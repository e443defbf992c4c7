#include "priorseg/detector/options.h"

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/range_check.h"
#include "priorseg/nn/mixed_precision.h"

namespace priorseg {

void SizeOptions::validate() const {
  check_range("size.min", min, 2, 10000);
  check_range("size.max", max, min, 10000);
  if (max / min > 12) {
    throw Error("the sizes " + std::to_string(min) + " to " + std::to_string(max) +
                " differ by more than a factor of 12; give a narrower range, or segment small and large "
                "objects apart");
  }
  check_range("size.object_cells", object_cells, 0.5, 8);
  check_range("size.slack", slack, 1, 2);
  check_range("size.scale_min", scale_min, 0, 16);
  check_range("size.scale_max", scale_max, scale_min, 16);
  check_range("size.typical", typical, 0, 10000);
  check_range("size.typical_of_large", typical_of_large, 0, 10000);
}

void LossOptions::validate() const {
  check_range("loss.alpha", alpha, 1e-9, 1);
  check_range("loss.kl_weight", kl_weight, 0, 1e3);
  check_range("loss.edge_weight", edge_weight, 0, 1e3);
  check_range("loss.region_weight", region_weight, 0, 1e3);
  check_range("loss.object_price", object_price, 0, 1e3);
  check_range("loss.overlap_price", overlap_price, 0, 1e3);
  check_range("loss.foreground_level", foreground_level, 0.01, 0.99);
  check_range("loss.foreground_softness", foreground_softness, 1e-3, 1);
}

void TrainingOptions::validate(int64_t cell_size) const {
  check_range("training.steps", static_cast<double>(steps), 1, 1e8);
  check_range("training.batch_size", static_cast<double>(batch_size), 1, 4096);
  check_range("training.crop_size", static_cast<double>(crop_size), 2.0 * static_cast<double>(cell_size),
              8192);
  check_range("training.boxes", boxes, 0.05, 1);
  if (crop_size % cell_size != 0) {
    throw Error("training.crop_size is " + std::to_string(crop_size) +
                ", expected a multiple of the grid cell, " + std::to_string(cell_size) + " px");
  }
  check_range("training.learning_rate", learning_rate, 1e-8, 1);
  check_range("training.warm_up", warm_up, 0, 0.9);
  check_range("training.blank_crops", blank_crops, 0, 0.5);
  check_range("training.max_images", static_cast<double>(max_images), 1, 1e9);
  check_range("training.checkpoint_every", static_cast<double>(checkpoint_every), 1, 1e9);
  check_precision("training.precision", precision);
}

void SelfTrainingOptions::validate() const {
  check_range("self_training.steps", static_cast<double>(steps), 0, 1e8);
  check_range("self_training.max_images", static_cast<double>(max_images), 1, 1e9);
  check_range("self_training.refine_steps", static_cast<double>(refine_steps), 0, 10000);
  check_range("self_training.learning_rate", learning_rate, 1e-8, 1);
  check_range("self_training.min_score", min_score, 0, 1);
  check_range("self_training.min_ellipse_fill", min_ellipse_fill, 0, 1);
  check_range("self_training.unknown_level", unknown_level, 0, 1);
  check_range("self_training.darkest", darkest, 0.01, 1);
  check_range("self_training.noise", noise, 0, 1);
  check_range("self_training.pasted", static_cast<double>(pasted), 0, 1000);
  check_range("self_training.box_weight", box_weight, 0, 1e3);
  check_range("self_training.mask_weight", mask_weight, 0, 1e3);
  check_range("self_training.kl_weight", kl_weight, 0, 1e3);
}

void InferenceOptions::validate() const {
  check_range("inference.presence", presence, 0, 1);
  check_range("inference.mask_threshold", mask_threshold, 0.01, 0.99);
  check_range("inference.max_overlap", max_overlap, 0, 1);
  if (score != "presence" && score != "trust")
    throw Error("inference.score is '" + score + "', expected 'presence' or 'trust'");
  if (nms != "paper" && nms != "greedy")
    throw Error("inference.nms is '" + nms + "', expected 'paper' or 'greedy'");
  check_precision("inference.precision", precision);
  check_range("inference.min_contrast", min_contrast, 0, 1e6);
  check_range("inference.min_size_share", min_size_share, 0, 1);
  check_range("inference.min_score", min_score, 0, 1);
  check_range("inference.refine_steps", static_cast<double>(refine_steps), 0, 10000);
  check_range("inference.tile", static_cast<double>(tile), 64, 16384);
}

void DetectorOptions::validate() const {
  size.validate();
  intensity.validate();
  gradient.validate();
  localizer.validate();
  encoder.validate();
  loss.validate();
  training.validate(localizer.cell_size());
  self_training.validate();
  inference.validate();
}

NetworkScale network_scale(const SizeOptions& size, int64_t cell_size, double fill) {
  const auto cell = static_cast<double>(cell_size);
  NetworkScale scale;
  const bool own_scale = size.own_scale && size.typical > 0 && size.typical_of_large > size.typical;
  const double largest =
      own_scale ? std::max(size.min, size.max * size.typical / size.typical_of_large) : size.max;
  scale.network_from_image = size.object_cells * cell / std::sqrt(size.min * largest);
  scale.max_size = largest * scale.network_from_image;
  const double cells_from_object = scale.network_from_image / (fill * cell);
  scale.scale_min = size.scale_min > 0 ? size.scale_min : size.min * cells_from_object / size.slack;
  scale.scale_max = size.scale_max > 0 ? size.scale_max : largest * cells_from_object * size.slack;
  return scale;
}

}  // namespace priorseg
