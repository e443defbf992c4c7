#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "priorseg/ops/rasterize.h"

namespace priorseg {

/// A label map and where its labels come from.
struct LabelMap {
  torch::Tensor labels;                  ///< [H,W] int32, 0 = background, labels 1, 2, ... without a gap
  std::vector<int64_t> object_of_label;  ///< entry l - 1: which input object became label l
};

/// Draws objects into one label map. Where two overlap, the earlier one keeps the pixel. Each label is one
/// 4-connected part: of an object that is cut, or was never whole, only its largest part stays (equal parts:
/// the upper left one). An object without a pixel left gets no label, and the next one takes its number.
///
/// @param objects  best score first, as mask_nms orders them; inside the image.
/// @param height   of the image, px, > 0.
/// @param width    of the image, px, > 0.
/// @throws Error where an object reaches over the image or its bitmap has another size than it says.
LabelMap compose_label_map(const std::vector<ObjectPixels>& objects, int64_t height, int64_t width);

}  // namespace priorseg
