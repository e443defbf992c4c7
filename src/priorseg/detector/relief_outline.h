#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/detector/outline_window.h"

namespace priorseg {

/// An object has the cells of a relief of which it covers more than this share, and more than any other
/// object.
constexpr double kCoveredShareOfReliefCell = 0.3;

/// The cells of a relief (number_relief_cells) that an object was drawn on. They say better where a cell ends
/// than what the networks drew of it. A cell that reaches beyond the window counts with what lies in it.
///
/// @param window  grey values of a relief, [0,1].
/// @param owners  height * width, the number of the object of each pixel, the better object the lower;
///                0 = none.
/// @param owner   number of the object.
/// @return        height * width each, 1 = pixel of the cell. Empty where no cell is the object's.
std::vector<std::vector<uint8_t>> cells_of_relief(const OutlineWindow& window,
                                                  const std::vector<int32_t>& owners, int32_t owner);

}  // namespace priorseg
