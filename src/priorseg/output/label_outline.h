#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/ops/rasterize.h"

namespace priorseg {

/// A corner of pixels: (0, 0) is the upper left corner of the image, so that pixel (x, y) reaches from (x, y)
/// to (x + 1, y + 1).
struct PixelCorner {
  int64_t x = 0, y = 0;
  bool operator==(const PixelCorner&) const = default;
};

/// A closed line along pixel edges: those of its corners where it turns, without the first one again at the
/// end. It meets none of its corners twice.
using OutlineRing = std::vector<PixelCorner>;

/// A 4-connected part of an object, as a polygon of OGC's simple features: its exterior, and inside of it
/// rings around what does not belong to it. Rings may touch each other at corners, and never cross. On the
/// screen exteriors run clockwise and holes the other way: the shoelace formula in x and y gives an exterior
/// a positive area.
struct OutlinePart {
  OutlineRing exterior;
  std::vector<OutlineRing> holes;
};

/// The outline of an object along the edges of its pixels: filling it gives back exactly these pixels.
///
/// Pixels that touch at a corner only belong together where they are connected elsewhere. Background is
/// connected over edges as well: where two pixels of one part touch at a corner, the ring separates what
/// lies beside them.
///
/// @return  4-connected parts by their first pixel, row by row; one for each object of a label map that
///          RunningLabelMap made. None where the object has no pixel.
std::vector<OutlinePart> trace_outline(const ObjectPixels& object);

/// Twice the area inside a ring, px²; negative where it runs anticlockwise on the screen.
int64_t doubled_signed_area(const OutlineRing& ring);

}  // namespace priorseg
