#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/detector/outline_window.h"

namespace priorseg {

/// An outline depends on nothing that is further from its object than this, px.
constexpr int64_t kOutlineMargin = 56;

/// How far a window of outline_by_pixels() reaches beyond the bounding box of its object, px; less only at
/// the border of the image.
///
/// @param area  pixels of the object.
int64_t outline_margin(int64_t area, double level);

/// Puts the outline of an object where the pixels say. The grey value around the object is level 0, that
/// inside it is level 1; the outline goes to `level`, the further from the given outline the less readily:
/// where the pixels say little, it stays.
///
/// With r the radius of a disk of the object's area, at most 40 px, an outline moves outwards by less than
/// (1 - level) / 1.5 * r + .5 and inwards by less than level / 1.5 * r + .5 px. Pixels of neighbours, pixels
/// that are not nearer to the object than to a neighbour, and unknown ones are never taken in; unknown ones
/// that are the object's stay its own. Of parts that do not hang together the one that holds most of the
/// object is left, and its holes are filled.
///
/// @param level  in (0,1).
/// @return       height * width, 1 = pixel of the object. As it was where it is no brighter than what is
///               around it, where hardly any background is around it, or where less than half of it would be
///               left.
std::vector<uint8_t> outline_by_pixels(const OutlineWindow& window, double level);

}  // namespace priorseg
