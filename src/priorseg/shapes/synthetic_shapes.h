#pragma once

#include <torch/types.h>

#include "priorseg/core/random.h"
#include "priorseg/shapes/synthetic_shape_options.h"

namespace priorseg {

/// Draws `count` masks of single objects.
///
/// @return [count,1,S,S] float32 in [0,1].
/// @throws Error where an option is out of range.
torch::Tensor draw_synthetic_masks(int64_t count, const SyntheticShapeOptions& options, Random& random);

}  // namespace priorseg
