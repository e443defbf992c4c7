#include "priorseg/ops/crop_loops.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "priorseg/core/cpu_clones.h"
#include "priorseg/core/parallel.h"
#include "priorseg/ops/box_lists.h"

namespace priorseg {
namespace {

/// Where the samples of a box read the image along one axis: (1 - part) * pixel[low] + part * pixel[high].
template <typename T>
struct ImageTaps {
  std::vector<int32_t> low, high;
  std::vector<T> part;
  std::vector<T> place;   ///< of the sample in the box, in (-0.5, 0.5)
  std::vector<T> moving;  ///< 1 where the sample moves with the box, 0 where it is held at the border

  explicit ImageTaps(int64_t size) : low(size), high(size), part(size), place(size), moving(size) {}

  void find(double centre, double length, int64_t image_length) {
    const int64_t size = static_cast<int64_t>(low.size());
    const double last = static_cast<double>(image_length - 1);
    for (int64_t j = 0; j < size; ++j) {
      const double in_box = (static_cast<double>(j) + 0.5) / static_cast<double>(size) - 0.5;
      const double wanted = centre + in_box * length - 0.5;
      const double u = std::clamp(wanted, 0.0, last);
      low[j] = static_cast<int32_t>(u);
      high[j] = static_cast<int32_t>(std::min<int64_t>(low[j] + 1, image_length - 1));
      part[j] = static_cast<T>(u - low[j]);
      place[j] = static_cast<T>(in_box);
      moving[j] = wanted > 0.0 && wanted < last ? T(1) : T(0);
    }
  }
};

template <typename T>
struct Workspace {
  ImageTaps<T> columns, rows;
  std::vector<T> column_sum;

  explicit Workspace(int64_t size) : columns(size), rows(size), column_sum(size) {}

  bool find_samples(const T* box, const CropSizes& s) {
    for (int i = 0; i < 4; ++i) {
      if (!std::isfinite(box[i])) return false;
    }
    if (!(box[2] > 0 && box[3] > 0)) return false;
    columns.find(box[0], box[3], s.width);
    rows.find(box[1], box[2], s.height);
    return true;
  }
};

template <typename T>
PRIORSEG_INLINE void crop_patch(const T* image, int64_t image_width, int64_t size, const Workspace<T>& w,
                                T* patch) {
  const int32_t* __restrict low = w.columns.low.data();
  const int32_t* __restrict high = w.columns.high.data();
  const T* __restrict part = w.columns.part.data();
  for (int64_t i = 0; i < size; ++i) {
    const T* __restrict upper = image + w.rows.low[i] * image_width;
    const T* __restrict lower = image + w.rows.high[i] * image_width;
    const T down = w.rows.part[i];
    T* __restrict samples = patch + i * size;
    for (int64_t j = 0; j < size; ++j) {
      const T above = upper[low[j]] + part[j] * (upper[high[j]] - upper[low[j]]);
      const T below = lower[low[j]] + part[j] * (lower[high[j]] - lower[low[j]]);
      samples[j] = above + down * (below - above);
    }
  }
}

PRIORSEG_CPU_CLONES void crop_one_patch(const float* image, int64_t image_width, int64_t size,
                                        const Workspace<float>& w, float* patch) {
  crop_patch(image, image_width, size, w, patch);
}
PRIORSEG_CPU_CLONES void crop_one_patch(const double* image, int64_t image_width, int64_t size,
                                        const Workspace<double>& w, double* patch) {
  crop_patch(image, image_width, size, w, patch);
}

/// Derivative with respect to the sampled positions and to those times the sample's place in the box.
struct PositionGradient {
  double x = 0, x_place = 0, y = 0, y_place = 0;
};

template <typename T>
PRIORSEG_INLINE void differentiate_patch(const T* image, int64_t image_width, int64_t size,
                                         const T* grad_patch, Workspace<T>& w, PositionGradient& gradient) {
  const int32_t* __restrict low = w.columns.low.data();
  const int32_t* __restrict high = w.columns.high.data();
  const T* __restrict part = w.columns.part.data();
  T* __restrict column_sum = w.column_sum.data();
  std::fill_n(column_sum, size, T(0));
  for (int64_t i = 0; i < size; ++i) {
    const T* __restrict upper = image + w.rows.low[i] * image_width;
    const T* __restrict lower = image + w.rows.high[i] * image_width;
    const T* __restrict grad = grad_patch + i * size;
    const T down = w.rows.part[i];
    T row_sum = 0;
#pragma omp simd reduction(+ : row_sum)
    for (int64_t j = 0; j < size; ++j) {
      const T above = upper[low[j]], below = lower[low[j]];
      const T right_above = upper[high[j]] - above, right_below = lower[high[j]] - below;
      column_sum[j] += grad[j] * (right_above + down * (right_below - right_above));
      row_sum += grad[j] * (below - above + part[j] * (right_below - right_above));
    }
    const double moved = static_cast<double>(row_sum) * w.rows.moving[i];
    gradient.y += moved;
    gradient.y_place += moved * w.rows.place[i];
  }
  for (int64_t j = 0; j < size; ++j) {
    const double moved = static_cast<double>(column_sum[j]) * w.columns.moving[j];
    gradient.x += moved;
    gradient.x_place += moved * w.columns.place[j];
  }
}

PRIORSEG_CPU_CLONES void differentiate_one_patch(const float* image, int64_t image_width, int64_t size,
                                                 const float* grad_patch, Workspace<float>& w,
                                                 PositionGradient& gradient) {
  differentiate_patch(image, image_width, size, grad_patch, w, gradient);
}
PRIORSEG_CPU_CLONES void differentiate_one_patch(const double* image, int64_t image_width, int64_t size,
                                                 const double* grad_patch, Workspace<double>& w,
                                                 PositionGradient& gradient) {
  differentiate_patch(image, image_width, size, grad_patch, w, gradient);
}

template <typename T>
void spread_patch(const T* grad_patch, int64_t image_width, int64_t size, const Workspace<T>& w,
                  T* grad_image) {
  for (int64_t i = 0; i < size; ++i) {
    T* upper = grad_image + w.rows.low[i] * image_width;
    T* lower = grad_image + w.rows.high[i] * image_width;
    const T down = w.rows.part[i];
    for (int64_t j = 0; j < size; ++j) {
      const T right = grad_patch[i * size + j] * w.columns.part[j];
      const T left = grad_patch[i * size + j] - right;
      upper[w.columns.low[j]] += left - down * left;
      upper[w.columns.high[j]] += right - down * right;
      lower[w.columns.low[j]] += down * left;
      lower[w.columns.high[j]] += down * right;
    }
  }
}

}  // namespace

template <typename T>
void crop_forward(const CropSizes& s, const T* images, const T* boxes, const int64_t* image_of_box,
                  T* patches) {
  const int64_t patch_area = s.patch_size * s.patch_size, image_area = s.height * s.width;
  parallel_for(0, s.num_boxes, 8, [&](int64_t first, int64_t last) {
    Workspace<T> w(s.patch_size);
    for (int64_t n = first; n < last; ++n) {
      if (!w.find_samples(boxes + 4 * n, s)) continue;
      for (int64_t c = 0; c < s.channels; ++c) {
        crop_one_patch(images + (image_of_box[n] * s.channels + c) * image_area, s.width, s.patch_size, w,
                       patches + (n * s.channels + c) * patch_area);
      }
    }
  });
}

template <typename T>
void crop_backward_boxes(const CropSizes& s, const T* images, const T* boxes, const int64_t* image_of_box,
                         const T* grad_patches, T* grad_boxes) {
  const int64_t patch_area = s.patch_size * s.patch_size, image_area = s.height * s.width;
  parallel_for(0, s.num_boxes, 8, [&](int64_t first, int64_t last) {
    Workspace<T> w(s.patch_size);
    for (int64_t n = first; n < last; ++n) {
      if (!w.find_samples(boxes + 4 * n, s)) continue;
      PositionGradient gradient;
      for (int64_t c = 0; c < s.channels; ++c) {
        differentiate_one_patch(images + (image_of_box[n] * s.channels + c) * image_area, s.width,
                                s.patch_size, grad_patches + (n * s.channels + c) * patch_area, w, gradient);
      }
      // x = cx + place * width, so dx/dcx = 1 and dx/dwidth = place.
      grad_boxes[4 * n + 0] = static_cast<T>(gradient.x);
      grad_boxes[4 * n + 1] = static_cast<T>(gradient.y);
      grad_boxes[4 * n + 2] = static_cast<T>(gradient.y_place);
      grad_boxes[4 * n + 3] = static_cast<T>(gradient.x_place);
    }
  });
}

template <typename T>
void crop_backward_images(const CropSizes& s, const T* boxes, const int64_t* image_of_box,
                          const T* grad_patches, T* grad_images) {
  if (s.num_boxes == 0) return;
  const BoxLists lists = list_boxes_by_image(image_of_box, s.num_boxes, s.num_images);
  const int64_t patch_area = s.patch_size * s.patch_size, image_area = s.height * s.width;
  parallel_for(0, s.num_images * s.channels, 1, [&](int64_t first, int64_t last) {
    Workspace<T> w(s.patch_size);
    for (int64_t plane = first; plane < last; ++plane) {
      const int64_t b = plane / s.channels, c = plane % s.channels;
      for (int64_t i = lists.first[b]; i < lists.first[b + 1]; ++i) {
        const int64_t n = lists.boxes[i];
        if (!w.find_samples(boxes + 4 * n, s)) continue;
        spread_patch(grad_patches + (n * s.channels + c) * patch_area, s.width, s.patch_size, w,
                     grad_images + plane * image_area);
      }
    }
  });
}

template void crop_forward(const CropSizes&, const float*, const float*, const int64_t*, float*);
template void crop_forward(const CropSizes&, const double*, const double*, const int64_t*, double*);
template void crop_backward_boxes(const CropSizes&, const float*, const float*, const int64_t*, const float*,
                                  float*);
template void crop_backward_boxes(const CropSizes&, const double*, const double*, const int64_t*,
                                  const double*, double*);
template void crop_backward_images(const CropSizes&, const float*, const int64_t*, const float*, float*);
template void crop_backward_images(const CropSizes&, const double*, const int64_t*, const double*, double*);

}  // namespace priorseg
