#pragma once

#include <cstdint>

#include "priorseg/core/random.h"
#include "priorseg/core/tensor.h"
#include "priorseg/data/simulator_options.h"

namespace priorseg {

/// An image with its truth.
struct SimulatedImage {
  torch::Tensor image;   ///< [H,W] float32, whole counts in [0, 2^bit_depth - 1]
  torch::Tensor labels;  ///< [H,W] int32, 1 to N, 0 = background: the objects' pixels before the blur
};

/// Simulates one image. Each label is one part, connected over pixel sides; a pixel belongs to the object
/// that covers at least half of it. Objects that touch share their border without a gap. Objects at the image
/// border are cut by it.
///
/// @throws Error where an option is out of range.
SimulatedImage simulate_image(const SimulatorOptions& options, Random& random);

/// Image `index` of the series that belongs to `seed`. It does not depend on how many images the series has,
/// nor on the order in which they are made.
SimulatedImage simulate_image(const SimulatorOptions& options, uint64_t seed, int64_t index);

}  // namespace priorseg
