#include "priorseg/ops/sobel_loops.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "priorseg/core/cpu_clones.h"
#include "priorseg/core/parallel.h"

namespace priorseg {
namespace {

/// Rows with a frame of one entry at each end: entry x of the map is entry x + 1 here.
template <typename T>
struct Workspace {
  std::vector<T> smooth, difference;  ///< of three rows of the map, downwards: (1, 2, 1) and (-1, 0, 1)
  std::vector<T> grad_x, grad_y;  ///< derivative with respect to the two filter outputs; the frame stays zero

  explicit Workspace(int64_t width)
      : smooth(width + 2), difference(width + 2), grad_x(width + 4, T(0)), grad_y(width + 4, T(0)) {}
};

template <typename T>
struct ThreeRows {
  T *above, *middle, *below;
};

/// Row y of a plane and its neighbours; outside the map the border row.
template <typename T>
PRIORSEG_INLINE ThreeRows<T> rows_around(T* plane, const SobelSizes& s, int64_t y) {
  return {plane + std::max<int64_t>(y - 1, 0) * s.width, plane + y * s.width,
          plane + std::min<int64_t>(y + 1, s.height - 1) * s.width};
}

/// Filters three rows downwards; the entries at both ends are copies of the border.
template <typename T>
PRIORSEG_INLINE void filter_down(const T* plane, const SobelSizes& s, int64_t y, Workspace<T>& w) {
  const auto rows = rows_around(plane, s, y);
  T* __restrict smooth = w.smooth.data() + 1;
  T* __restrict difference = w.difference.data() + 1;
  for (int64_t x = 0; x < s.width; ++x) {
    smooth[x] = rows.above[x] + 2 * rows.middle[x] + rows.below[x];
    difference[x] = rows.below[x] - rows.above[x];
  }
  smooth[-1] = smooth[0];
  smooth[s.width] = smooth[s.width - 1];
  difference[-1] = difference[0];
  difference[s.width] = difference[s.width - 1];
}

/// Keeps the derivative finite where the map is flat.
constexpr double kFlat = 1e-12;

template <typename T>
PRIORSEG_INLINE void filter_plane(const T* plane, const SobelSizes& s, T* magnitude, Workspace<T>& w) {
  for (int64_t y = 0; y < s.height; ++y) {
    filter_down(plane, s, y, w);
    const T* __restrict smooth = w.smooth.data() + 1;
    const T* __restrict difference = w.difference.data() + 1;
    T* __restrict row = magnitude + y * s.width;
    for (int64_t x = 0; x < s.width; ++x) {
      const T gx = smooth[x + 1] - smooth[x - 1];
      const T gy = difference[x - 1] + 2 * difference[x] + difference[x + 1];
      row[x] = std::sqrt(gx * gx + gy * gy + static_cast<T>(kFlat)) * T(0.25);
    }
  }
}

/// Puts the derivatives of one row of filter outputs back into the three rows of the map they were made of.
template <typename T>
PRIORSEG_INLINE void spread_row(T* grad_plane, const SobelSizes& s, int64_t y, Workspace<T>& w) {
  const T* __restrict grad_x = w.grad_x.data() + 2;
  const T* __restrict grad_y = w.grad_y.data() + 2;
  T* __restrict smooth = w.smooth.data() + 1;
  T* __restrict difference = w.difference.data() + 1;
  for (int64_t x = -1; x <= s.width; ++x) {
    smooth[x] = grad_x[x - 1] - grad_x[x + 1];
    difference[x] = grad_y[x - 1] + 2 * grad_y[x] + grad_y[x + 1];
  }
  // The entries of the frame are copies of the border.
  smooth[0] += smooth[-1];
  smooth[s.width - 1] += smooth[s.width];
  difference[0] += difference[-1];
  difference[s.width - 1] += difference[s.width];
  // One row after the other: at the border two of the three are the same.
  const auto rows = rows_around(grad_plane, s, y);
  for (int64_t x = 0; x < s.width; ++x) rows.above[x] += smooth[x] - difference[x];
  for (int64_t x = 0; x < s.width; ++x) rows.middle[x] += 2 * smooth[x];
  for (int64_t x = 0; x < s.width; ++x) rows.below[x] += smooth[x] + difference[x];
}

template <typename T>
PRIORSEG_INLINE void differentiate_row(const T* grad_magnitude, int64_t width, Workspace<T>& w) {
  const T* __restrict smooth = w.smooth.data() + 1;
  const T* __restrict difference = w.difference.data() + 1;
  T* __restrict grad_x = w.grad_x.data() + 2;
  T* __restrict grad_y = w.grad_y.data() + 2;
  for (int64_t x = 0; x < width; ++x) {
    const T gx = smooth[x + 1] - smooth[x - 1];
    const T gy = difference[x - 1] + 2 * difference[x] + difference[x + 1];
    const T share = T(0.25) * grad_magnitude[x] / std::sqrt(gx * gx + gy * gy + static_cast<T>(kFlat));
    grad_x[x] = share * gx;
    grad_y[x] = share * gy;
  }
}

template <typename T>
PRIORSEG_INLINE void differentiate_plane(const T* plane, const SobelSizes& s, const T* grad_magnitude,
                                         T* grad_plane, Workspace<T>& w) {
  for (int64_t y = 0; y < s.height; ++y) {
    filter_down(plane, s, y, w);
    differentiate_row(grad_magnitude + y * s.width, s.width, w);
    spread_row(grad_plane, s, y, w);
  }
}

PRIORSEG_CPU_CLONES void filter_one_plane(const float* plane, const SobelSizes& s, float* magnitude,
                                          Workspace<float>& w) {
  filter_plane(plane, s, magnitude, w);
}
PRIORSEG_CPU_CLONES void filter_one_plane(const double* plane, const SobelSizes& s, double* magnitude,
                                          Workspace<double>& w) {
  filter_plane(plane, s, magnitude, w);
}
PRIORSEG_CPU_CLONES void differentiate_one_plane(const float* plane, const SobelSizes& s,
                                                 const float* grad_magnitude, float* grad_plane,
                                                 Workspace<float>& w) {
  differentiate_plane(plane, s, grad_magnitude, grad_plane, w);
}
PRIORSEG_CPU_CLONES void differentiate_one_plane(const double* plane, const SobelSizes& s,
                                                 const double* grad_magnitude, double* grad_plane,
                                                 Workspace<double>& w) {
  differentiate_plane(plane, s, grad_magnitude, grad_plane, w);
}

/// Least number of planes worth a thread of their own.
int64_t planes_per_thread(const SobelSizes& s) {
  constexpr int64_t kPixels = 16384;
  return std::max<int64_t>(1, kPixels / (s.height * s.width));
}

}  // namespace

template <typename T>
void sobel_forward(const SobelSizes& s, const T* maps, T* magnitude) {
  const int64_t area = s.height * s.width;
  if (area == 0) return;
  parallel_for(0, s.planes, planes_per_thread(s), [&](int64_t first, int64_t last) {
    Workspace<T> w(s.width);
    for (int64_t p = first; p < last; ++p) filter_one_plane(maps + p * area, s, magnitude + p * area, w);
  });
}

template <typename T>
void sobel_backward(const SobelSizes& s, const T* maps, const T* grad_magnitude, T* grad_maps) {
  const int64_t area = s.height * s.width;
  if (area == 0) return;
  parallel_for(0, s.planes, planes_per_thread(s), [&](int64_t first, int64_t last) {
    Workspace<T> w(s.width);
    for (int64_t p = first; p < last; ++p) {
      differentiate_one_plane(maps + p * area, s, grad_magnitude + p * area, grad_maps + p * area, w);
    }
  });
}

template void sobel_forward(const SobelSizes&, const float*, float*);
template void sobel_forward(const SobelSizes&, const double*, double*);
template void sobel_backward(const SobelSizes&, const float*, const float*, float*);
template void sobel_backward(const SobelSizes&, const double*, const double*, double*);

}  // namespace priorseg
