#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/output/measurements.h"

namespace priorseg {

/// Columns x0 to x1 - 1 and rows y0 to y1 - 1 of a picture.
struct PixelBox {
  int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

/// Outlines and measurements of the objects of a label map, for the page: {"width", "height", "columns":
/// names as in objects.csv, "rows": values of each object, its label first, null where unknown, "outlines":
/// of each object its rings, [x, y, x, y, ...] each, along pixel edges}.
/// @param labels   [H,W] int32.
/// @param objects  of each label, in their order.
/// @param with_outlines  otherwise "outlines" is null.
nlohmann::json list_objects(const torch::Tensor& labels, const std::vector<ObjectMeasurements>& objects,
                            bool with_outlines = true);

/// The whole outlines of the objects whose bounding boxes meet a part of the picture: {"labels", "outlines":
/// as in list_objects()}. Work grows with the box around them.
/// @param view  may reach over the picture.
nlohmann::json list_outlines(const torch::Tensor& labels, const std::vector<ObjectMeasurements>& objects,
                             const PixelBox& view);

}  // namespace priorseg
