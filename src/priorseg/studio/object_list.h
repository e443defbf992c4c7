#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/output/measurements.h"

namespace priorseg {

/// Outlines and measurements of the objects of a label map, for the page: {"width", "height", "columns":
/// names as in objects.csv, "rows": values of each object, its label first, null where unknown, "outlines":
/// of each object its rings, [x, y, x, y, ...] each, along pixel edges}.
/// @param labels   [H,W] int32.
/// @param objects  of each label, in their order.
nlohmann::json list_objects(const torch::Tensor& labels, const std::vector<ObjectMeasurements>& objects);

}  // namespace priorseg
