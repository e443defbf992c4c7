#pragma once

#include <cstdint>

namespace priorseg {

// The loop of ReLU and 2x2 pooling on plain arrays; parallel over rows.

/// Sizes of one call; all arrays are contiguous and channels-last.
struct PoolSizes {
  int64_t images = 0;
  int64_t channels = 0;
  int64_t height = 0;  ///< of the features; an odd last row or column is left out
  int64_t width = 0;
};

/// pooled = max(0, the four features). `Bits` are signed integers as wide as the floating-point numbers
/// (int32_t for float, int16_t for bfloat16): from zero on, numbers and their bits have the same order, and
/// the bits of negative ones are negative integers.
///
/// @param features  [images,height,width,channels]
/// @param pooled    [images,height/2,width/2,channels]
template <class Bits>
void relu_and_pool(const PoolSizes& sizes, const Bits* features, Bits* pooled);

}  // namespace priorseg
