#pragma once

#include "priorseg/core/tensor.h"
#include "priorseg/image/compact_regions.h"

namespace priorseg {

/// How sharp the edges of what stands out are for its size. Of each region the median slope along its border
/// (Sobel, after a Gaussian of sigma 1 px, so that noise is no edge), times the diameter of a disk of its
/// area, by its height (third quartile inside): a disk of diameter d with an edge that is blurred by a
/// Gaussian of sigma s has .4 d / s, and a spot that is nothing but blur 2 or less.
///
/// @param above  [H,W] float32, grey values above the background, in any unit.
/// @param found  compact_parts() of the same image.
/// @return       the median over the regions by area; 0 where there is none or none rises.
double edge_sharpness(const torch::Tensor& above, const CompactParts& found);

}  // namespace priorseg
