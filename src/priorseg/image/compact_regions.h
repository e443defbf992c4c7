#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// A part of an image that stands out of its surroundings and has the shape of one object.
struct CompactRegion {
  double size = 0;   ///< sqrt(height * width) of the tight bounding box, px
  int64_t area = 0;  ///< px
  int32_t part = 0;  ///< its label among the connected parts
};

/// Those of the connected parts of a map that are compact_regions().
struct CompactParts {
  std::vector<CompactRegion> regions;
  torch::Tensor parts;  ///< [H,W] int32: labels of all connected parts, 0 = outside
};

/// Connected parts of a map that fill the ellipse of their own second moments as one convex object does (two
/// disks that touch fill .89 of theirs) and do not touch the border of the image.
///
/// @param inside  [H,W] bool.
std::vector<CompactRegion> compact_regions(const torch::Tensor& inside);
/// The same with the pixels.
CompactParts compact_parts(const torch::Tensor& inside);

/// The size below which a share of the area of all regions lies: 0.5 gives their median by area, to which
/// specks add nothing.
/// @param regions  at least one, in any order.
double size_at(std::vector<CompactRegion> regions, double share);

}  // namespace priorseg
