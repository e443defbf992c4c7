#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "priorseg/core/cpu_clones.h"

namespace priorseg {

/// How the pixels of one image axis read a patch that is stretched over a box. The patch has a frame of
/// zeros, so that entry i of the patch is entry i + 1 here and no tap needs a check.
///
/// Pixel begin + k reads low[k] * entry[index[k]] + high[k] * entry[index[k] + 1].
template <typename T>
struct PatchTaps {
  int64_t begin = 0;
  int64_t count = 0;
  std::vector<int32_t> index;  ///< ascending, in [0, S]
  std::vector<T> low, high;
  std::vector<T>
      place;  ///< of the pixel centre in the box: (x + 0.5 - centre) / length, in about [-0.5, 0.5]
};

/// Whether a box (cx, cy, height, width) covers anything.
template <typename T>
bool covers_something(const T* box) {
  return std::isfinite(box[0]) && std::isfinite(box[1]) && std::isfinite(box[2]) && std::isfinite(box[3]) &&
         box[2] > 0 && box[3] > 0;
}

/// The pixels within [first, last) at which a patch of side `size` over a box of this centre and length
/// counts.
template <typename T>
void find_patch_taps(double centre, double length, int64_t size, int64_t first, int64_t last,
                     PatchTaps<T>& taps) {
  const double scale = static_cast<double>(size);
  const auto place = [&](int64_t x) { return (static_cast<double>(x) + 0.5 - centre) / length; };
  const auto entry = [&](int64_t x) { return place(x) * scale + 0.5 * scale - 0.5; };
  const auto counts = [&](int64_t x) { return entry(x) >= -1.0 && entry(x) < scale; };
  const auto clamp = [&](double x) {
    return static_cast<int64_t>(std::clamp(x, static_cast<double>(first), static_cast<double>(last)));
  };
  // The last entry fades out over half an entry beyond the box.
  const double reach = 0.5 * length * (1.0 + 1.0 / scale);
  int64_t begin = clamp(std::floor(centre - 0.5 - reach));
  int64_t end = clamp(std::ceil(centre - 0.5 + reach) + 1.0);
  while (begin < end && !counts(begin)) ++begin;
  while (begin < end && !counts(end - 1)) --end;

  taps.begin = begin;
  taps.count = end - begin;
  taps.index.resize(taps.count);
  taps.low.resize(taps.count);
  taps.high.resize(taps.count);
  taps.place.resize(taps.count);
  for (int64_t k = 0; k < taps.count; ++k) {
    const double u = entry(begin + k);
    const double floor_u = std::floor(u);
    taps.index[k] = static_cast<int32_t>(floor_u) + 1;
    taps.low[k] = static_cast<T>(1.0 - (u - floor_u));
    taps.high[k] = static_cast<T>(u - floor_u);
    taps.place[k] = static_cast<T>(place(begin + k));
  }
}

/// Copies a patch [S,S] into the middle of `framed` [S+2,S+2], whose frame stays zero.
template <typename T>
PRIORSEG_INLINE void copy_into_frame(const T* patch, int64_t size, T* framed) {
  for (int64_t i = 0; i < size; ++i) std::copy_n(patch + i * size, size, framed + (i + 1) * (size + 2) + 1);
}

/// One row of a framed patch, resampled to the columns of the image.
template <typename T>
PRIORSEG_INLINE void resample_row(const T* __restrict row, const PatchTaps<T>& columns,
                                  T* __restrict resampled) {
  const int32_t* __restrict index = columns.index.data();
  const T* __restrict low = columns.low.data();
  const T* __restrict high = columns.high.data();
  const int64_t count = columns.count;
  for (int64_t k = 0; k < count; ++k) resampled[k] = low[k] * row[index[k]] + high[k] * row[index[k] + 1];
}

}  // namespace priorseg
