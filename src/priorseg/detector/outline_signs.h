#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/detector/outline_quality.h"
#include "priorseg/detector/outline_window.h"

namespace priorseg {

/// The signs of an outline. Where grey values do not tell the object from its surroundings, those of grey
/// values are the worst there are.
///
/// @param drawn    as the networks drew it; grey values and neighbours reach 10 px beyond the outline but at
///                 the border of the image.
/// @param outline  height * width of `drawn`, 1 = pixel of the object, at least one.
/// @param score    of the object.
OutlineSigns signs_of_outline(const OutlineWindow& drawn, const std::vector<uint8_t>& outline, double score);

}  // namespace priorseg
