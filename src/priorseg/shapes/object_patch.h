#pragma once

#include <torch/types.h>

#include <cstdint>

#include "priorseg/shapes/outline.h"

namespace priorseg {

/// Draws an outline into a square patch: its tight bounding box fills the middle `fill` of the patch in both
/// directions.
///
/// @param outline    at least 3 points, with an extent in both directions.
/// @param size       side of the patch, px.
/// @param fill       in (0,1]; at 1 the object touches the sides of its patch, where no edge is drawn: the
///                   gradient map of a mask repeats the border value.
/// @param antialias  true: the covered share of each pixel; false: 1 where at least half of a pixel is
/// covered, else 0.
/// @return           [size,size] float32 in [0,1].
torch::Tensor render_patch(Outline outline, int64_t size, double fill, bool antialias);

}  // namespace priorseg
