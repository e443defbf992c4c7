#include "priorseg/maskrcnn/roi_align_loops.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "priorseg/core/parallel.h"

namespace priorseg {
namespace {

/// One sample along one axis: it lies between two neighbouring feature px.
template <class T>
struct Tap {
  int64_t low, high;
  T low_weight, high_weight;  // both 0 for a sample outside the map
};

/// The samples of every output cell along one axis, cell by cell.
template <class T>
struct AxisTaps {
  std::vector<Tap<T>> taps;
  int64_t per_cell = 0;
};

template <class T>
Tap<T> tap_at(T place, int64_t length) {
  if (!(place >= -1 && place <= static_cast<T>(length))) return {0, 0, 0, 0};  // far outside, or no number
  place = std::max<T>(place, 0);
  const auto low = static_cast<int64_t>(place);
  if (low >= length - 1) return {length - 1, length - 1, 1, 0};
  const T share = place - static_cast<T>(low);
  return {low, low + 1, 1 - share, share};
}

/// @param begin, end  of the region in image px.
template <class T>
void find_taps(T begin, T end, int64_t cells, int64_t length, const RoiAlignSizes& sizes, AxisTaps<T>& axis) {
  const T scale = static_cast<T>(sizes.scale), shift = sizes.aligned ? T(0.5) : T(0);
  const T first = begin * scale - shift;
  T extent = end * scale - shift - first;
  if (!sizes.aligned) extent = std::max<T>(extent, 1);
  const T cell = extent / static_cast<T>(cells);
  if (sizes.samples > 0) {
    axis.per_cell = sizes.samples;
  } else {
    axis.per_cell = std::isfinite(cell) ? std::max<int64_t>(0, static_cast<int64_t>(std::ceil(cell))) : 0;
  }
  axis.taps.clear();
  for (int64_t i = 0; i < cells; ++i) {
    for (int64_t k = 0; k < axis.per_cell; ++k) {
      const T inside = (static_cast<T>(k) + T(0.5)) * cell / static_cast<T>(axis.per_cell);
      axis.taps.push_back(tap_at(first + static_cast<T>(i) * cell + inside, length));
    }
  }
}

/// The samples of one region along both axes; kept between regions to save allocations.
template <class T>
struct RegionTaps {
  AxisTaps<T> rows, columns;
  T share = 0;  // of one sample in its cell

  void find(const RoiAlignSizes& sizes, const T* corners) {
    find_taps(corners[1], corners[3], sizes.out_height, sizes.height, sizes, rows);
    find_taps(corners[0], corners[2], sizes.out_width, sizes.width, sizes, columns);
    share = T(1) / static_cast<T>(std::max<int64_t>(1, rows.per_cell * columns.per_cell));
  }

  /// Calls visit(output cell, row tap, column tap) for every sample.
  template <class Visit>
  void for_each(const RoiAlignSizes& sizes, const Visit& visit) const {
    const Tap<T>* row_taps = rows.taps.data();
    for (int64_t y = 0; y < sizes.out_height; ++y, row_taps += rows.per_cell) {
      const Tap<T>* column_taps = columns.taps.data();
      for (int64_t x = 0; x < sizes.out_width; ++x, column_taps += columns.per_cell)
        for (int64_t i = 0; i < rows.per_cell; ++i)
          for (int64_t k = 0; k < columns.per_cell; ++k)
            visit(y * sizes.out_width + x, row_taps[i], column_taps[k]);
    }
  }
};

}  // namespace

template <class T>
void roi_align_forward(const RoiAlignSizes& sizes, const T* features, const T* regions,
                       const int64_t* image_of_region, T* pooled) {
  const int64_t map = sizes.height * sizes.width, cells = sizes.out_height * sizes.out_width;
  parallel_for(0, sizes.num_regions, 4, [&](int64_t first, int64_t last) {
    RegionTaps<T> taps;
    for (int64_t n = first; n < last; ++n) {
      taps.find(sizes, regions + 4 * n);
      for (int64_t c = 0; c < sizes.channels; ++c) {
        const T* feature = features + (image_of_region[n] * sizes.channels + c) * map;
        T* out = pooled + (n * sizes.channels + c) * cells;
        std::fill_n(out, cells, T(0));
        taps.for_each(sizes, [&](int64_t cell, const Tap<T>& row, const Tap<T>& column) {
          const T* upper = feature + row.low * sizes.width;
          const T* lower = feature + row.high * sizes.width;
          out[cell] += row.low_weight *
                           (column.low_weight * upper[column.low] + column.high_weight * upper[column.high]) +
                       row.high_weight *
                           (column.low_weight * lower[column.low] + column.high_weight * lower[column.high]);
        });
        for (int64_t cell = 0; cell < cells; ++cell) out[cell] *= taps.share;
      }
    }
  });
}

template <class T>
void roi_align_backward(const RoiAlignSizes& sizes, const T* regions, const int64_t* image_of_region,
                        const T* grad_pooled, T* grad_features) {
  const int64_t map = sizes.height * sizes.width, cells = sizes.out_height * sizes.out_width;
  parallel_for(0, sizes.channels, 8, [&](int64_t first, int64_t last) {
    RegionTaps<T> taps;
    for (int64_t n = 0; n < sizes.num_regions; ++n) {
      taps.find(sizes, regions + 4 * n);
      for (int64_t c = first; c < last; ++c) {
        T* feature = grad_features + (image_of_region[n] * sizes.channels + c) * map;
        const T* grad = grad_pooled + (n * sizes.channels + c) * cells;
        taps.for_each(sizes, [&](int64_t cell, const Tap<T>& row, const Tap<T>& column) {
          const T upper = grad[cell] * taps.share * row.low_weight;
          const T lower = grad[cell] * taps.share * row.high_weight;
          feature[row.low * sizes.width + column.low] += upper * column.low_weight;
          feature[row.low * sizes.width + column.high] += upper * column.high_weight;
          feature[row.high * sizes.width + column.low] += lower * column.low_weight;
          feature[row.high * sizes.width + column.high] += lower * column.high_weight;
        });
      }
    }
  });
}

template void roi_align_forward(const RoiAlignSizes&, const float*, const float*, const int64_t*, float*);
template void roi_align_forward(const RoiAlignSizes&, const double*, const double*, const int64_t*, double*);
template void roi_align_backward(const RoiAlignSizes&, const float*, const int64_t*, const float*, float*);
template void roi_align_backward(const RoiAlignSizes&, const double*, const int64_t*, const double*, double*);

}  // namespace priorseg
