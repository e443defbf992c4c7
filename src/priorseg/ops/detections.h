#pragma once

#include <vector>

#include "priorseg/core/instances.h"
#include "priorseg/ops/rasterize.h"

namespace priorseg {

/// What was found in one image: after suppression, best score first.
struct Detections {
  Instances instances;                ///< boxes in px of the user's image
  std::vector<ObjectPixels> objects;  ///< their pixels in the user's image, same order
};

}  // namespace priorseg
