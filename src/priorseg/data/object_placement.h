#pragma once

#include <torch/types.h>

#include <vector>

#include "priorseg/core/random.h"
#include "priorseg/data/simulator.h"

namespace priorseg {

/// One object of a simulated image.
struct PlacedObject {
  int64_t x0 = 0, y0 = 0;  ///< top left pixel of `coverage`, inside the image
  int32_t label = 0;
  torch::Tensor coverage;  ///< [h,w] float32: the share of each pixel that the object covers
};

/// Where the objects lie. Over all objects the coverage of a pixel is at most 1.
struct Scene {
  torch::Tensor labels;  ///< [H,W] int32, as in SimulatedImage
  std::vector<PlacedObject> objects;
};

/// Draws objects until they cover the asked share of the image, or until no more of them fit.
Scene place_objects(const SimulatorOptions& options, Random& random);

}  // namespace priorseg
