#pragma once

#include <cstdint>

#include "priorseg/image/tiff_page.h"

namespace priorseg {

/// Which samples of a pixel are read: `count` of them from `first` on.
struct SampleRange {
  int64_t first = 0, count = 1;
};

/// Where samples of a row lie in memory.
struct SampleRow {
  const uint8_t* bytes =
      nullptr;         ///< the start of the row in a strip or tile, in the processor's order of bytes
  int64_t first = 0;   ///< sample that is read first, counted from there
  int64_t stride = 1;  ///< from one pixel to the next, samples
  int64_t count = 0;   ///< pixels
};

/// Pixels of an image: as they are meant to be seen, also where white is 0 in the file. What is too large for
/// float32, infinite or no number becomes NaN.
void convert_samples(const TiffPage& page, const SampleRow& row, float* pixels);

/// Labels: the numbers in the file, whatever colour they are shown in. -1, which marks the lines between
/// watersheds, is background.
/// @return false where a value is no label.
bool convert_samples(const TiffPage& page, const SampleRow& row, int32_t* labels);

}  // namespace priorseg
