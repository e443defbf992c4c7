#include "priorseg/detector/options.h"

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"

namespace priorseg {

void SizeOptions::check_rules(const std::string& where) const {
  if (max < min)
    throw Error(where + "max is " + number_text(max) + ", expected at least " + where + "min, " +
                number_text(min));
  if (level_span > 0 && level_span < 2)
    throw Error(where + "level_span is " + number_text(level_span) + ", expected 0 or at least 2");
  if (max / min > 12 && !has_levels()) {
    throw Error(where + "min and " + where + "max, " + number_text(min) + " and " + number_text(max) +
                ", differ by more than a factor of 12; give a narrower range, or segment small and large "
                "objects apart");
  }
  if (scale_max < scale_min)
    throw Error(where + "scale_max is " + number_text(scale_max) + ", expected at least " + where +
                "scale_min, " + number_text(scale_min));
}

void InferenceOptions::validate() const { check_options(*this, "detector.inference."); }

void DetectorOptions::validate() const { check_options(*this, "detector."); }

void DetectorOptions::check_rules(const std::string& where) const {
  const int64_t cell = localizer.cell_size();
  if (training.crop_size % cell != 0 || training.crop_size < 2 * cell)
    throw Error(where + "training.crop_size is " + std::to_string(training.crop_size) +
                ", expected a multiple of the grid cell, " + std::to_string(cell) + " px, and at least two");
}

NetworkScale network_scale(const SizeOptions& size, int64_t cell_size, double fill) {
  const auto cell = static_cast<double>(cell_size);
  NetworkScale scale;
  if (size.has_levels()) {
    const double middle = size.object_cells * cell, half = std::sqrt(size.level_span);
    scale.network_from_image = middle / (size.typical > 0 ? size.typical : std::sqrt(size.min * size.max));
    scale.min_size = middle / half;
    scale.max_size = middle * half;
    scale.scale_min = size.scale_min > 0 ? size.scale_min : scale.min_size / (fill * cell) / size.slack;
    scale.scale_max = size.scale_max > 0 ? size.scale_max : scale.max_size / (fill * cell) * size.slack;
    return scale;
  }
  const bool own_scale = size.own_scale && size.typical > 0 && size.typical_of_large > size.typical;
  const double largest =
      own_scale ? std::max(size.min, size.max * size.typical / size.typical_of_large) : size.max;
  scale.network_from_image = size.object_cells * cell / std::sqrt(size.min * largest);
  scale.min_size = size.min * scale.network_from_image;
  scale.max_size = largest * scale.network_from_image;
  const double cells_from_object = scale.network_from_image / (fill * cell);
  scale.scale_min = size.scale_min > 0 ? size.scale_min : size.min * cells_from_object / size.slack;
  scale.scale_max = size.scale_max > 0 ? size.scale_max : largest * cells_from_object * size.slack;
  return scale;
}

}  // namespace priorseg
