#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/detector/outline_window.h"

namespace priorseg {

/// Sizes that objects of an image have, px of the image.
struct SizesOfParts {
  double smallest = 0;  ///< diameter of a disk: no part is smaller
  double typical = 1;   ///< the middle of the size range
};

/// Tells whether one outline was drawn around objects that touch, and divides it between them.
///
/// An outline is cut in two where its pixels have their lowest pass between two hills: hills of the smoothed
/// image, of the distance to the outline, and of the product of both. A cut is made where there is evidence
/// for two objects: the image is darker along the cut than inside of both parts, the parts fill their
/// ellipses better than the whole does, the pass is deep, and the smaller part is not small for an object.
/// Parts are divided further in the same way.
///
/// @return  the parts, height * width each, 1 = pixel of the part; together they are the object. Only the
///          object itself where nothing speaks for more, where it is no brighter than what is around it, and
///          where hardly any background is around it.
std::vector<std::vector<uint8_t>> touching_parts(const OutlineWindow& window, const SizesOfParts& sizes);

}  // namespace priorseg
