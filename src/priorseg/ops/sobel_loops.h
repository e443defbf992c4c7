#pragma once

#include <cstdint>

namespace priorseg {

// The loops of the Sobel magnitude on plain arrays; parallel over planes.

/// Sizes of one call; all arrays are contiguous.
struct SobelSizes {
  int64_t planes = 0;  ///< N * C
  int64_t height = 0;  ///< H
  int64_t width = 0;   ///< W
};

/// @param maps       [planes,H,W]
/// @param magnitude  [planes,H,W]
template <typename T>
void sobel_forward(const SobelSizes& sizes, const T* maps, T* magnitude);

/// @param grad_magnitude  [planes,H,W]
/// @param grad_maps       [planes,H,W], zero at first
template <typename T>
void sobel_backward(const SobelSizes& sizes, const T* maps, const T* grad_magnitude, T* grad_maps);

}  // namespace priorseg
