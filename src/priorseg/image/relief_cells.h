#pragma once

#include <cstdint>
#include <vector>

namespace priorseg {

/// Numbers the cells that a relief_of() shows: connected pixels above 0.5, side by side, where
/// relief_of() tells cells apart. Parts smaller than a
/// disk of kSmallestReliefCell are none; NaN is not above 0.5.
///
/// @param relief  height * width, row-major.
/// @return        height * width: 1, 2, ... in the pixels of a cell; 0 elsewhere.
std::vector<int32_t> number_relief_cells(const std::vector<float>& relief, int64_t height, int64_t width);

}  // namespace priorseg
