#include "priorseg/ops/stitch_loops.h"

#include <algorithm>

#include "priorseg/core/parallel.h"
#include "priorseg/ops/box_lists.h"
#include "priorseg/ops/patch_taps.h"

namespace priorseg {
namespace {

/// What one thread needs for one box at a time; kept between boxes to save allocations.
template <typename T>
struct Workspace {
  PatchTaps<T> columns, rows;
  std::vector<T> framed;      ///< [S+2,S+2] patch in a frame of zeros
  std::vector<T> resampled;   ///< [S+2,columns] its rows at the columns of the image
  std::vector<T> slope;       ///< [S+2,columns] their derivative with respect to the entry number
  std::vector<T> gathered;    ///< [S+2,columns] gradient, gathered downwards
  std::vector<T> column_sum;  ///< [columns]
  std::vector<T> grad_row;    ///< [S+2]

  explicit Workspace(int64_t size) : framed((size + 2) * (size + 2), T(0)), grad_row(size + 2) {}

  int64_t first_row() const { return rows.index.front(); }
  int64_t last_row() const { return rows.index.back() + 1; }
  bool find_pixels(const T* box, const StitchSizes& s, int64_t y_begin, int64_t y_end) {
    if (!covers_something(box)) return false;
    find_patch_taps<T>(box[1], box[2], s.patch_size, y_begin, y_end, rows);
    if (rows.count == 0) return false;
    find_patch_taps<T>(box[0], box[3], s.patch_size, 0, s.width, columns);
    return columns.count > 0;
  }
};

template <typename T>
PRIORSEG_INLINE void add_patch(const T* patch, int64_t size, int64_t image_width, T* image, Workspace<T>& w) {
  const int64_t count = w.columns.count;
  copy_into_frame(patch, size, w.framed.data());
  w.resampled.resize((size + 2) * count);
  for (int64_t r = w.first_row(); r <= w.last_row(); ++r) {
    resample_row(&w.framed[r * (size + 2)], w.columns, &w.resampled[r * count]);
  }
  for (int64_t k = 0; k < w.rows.count; ++k) {
    const T low = w.rows.low[k], high = w.rows.high[k];
    const T* __restrict upper = &w.resampled[w.rows.index[k] * count];
    const T* __restrict lower = upper + count;
    T* __restrict pixels = image + (w.rows.begin + k) * image_width + w.columns.begin;
    for (int64_t x = 0; x < count; ++x) pixels[x] += low * upper[x] + high * lower[x];
  }
}

PRIORSEG_CPU_CLONES void add_one_patch(const float* patch, int64_t size, int64_t image_width, float* image,
                                       Workspace<float>& w) {
  add_patch(patch, size, image_width, image, w);
}
PRIORSEG_CPU_CLONES void add_one_patch(const double* patch, int64_t size, int64_t image_width, double* image,
                                       Workspace<double>& w) {
  add_patch(patch, size, image_width, image, w);
}

/// Derivative with respect to the entry numbers (u, v) that the pixels read and to those times the pixel's
/// place in the box: all that the four box parameters need.
struct EntryGradient {
  double u = 0, u_place = 0, v = 0, v_place = 0;
};

template <typename T>
PRIORSEG_INLINE void resample_with_slope(int64_t size, Workspace<T>& w) {
  const int64_t count = w.columns.count;
  w.resampled.resize((size + 2) * count);
  w.slope.resize((size + 2) * count);
  const int32_t* __restrict index = w.columns.index.data();
  const T* __restrict high = w.columns.high.data();
  for (int64_t r = w.first_row(); r <= w.last_row(); ++r) {
    const T* __restrict row = &w.framed[r * (size + 2)];
    T* __restrict resampled = &w.resampled[r * count];
    T* __restrict slope = &w.slope[r * count];
    for (int64_t k = 0; k < count; ++k) {
      const T left = row[index[k]];
      slope[k] = row[index[k] + 1] - left;
      resampled[k] = left + high[k] * slope[k];
    }
  }
}

/// Gathers the gradient of the image downwards, into the rows of the patch, and on the way sums what moves
/// with v.
template <typename T, bool kBoxes>
PRIORSEG_INLINE void gather_down(int64_t size, int64_t image_width, const T* grad_image, Workspace<T>& w,
                                 EntryGradient& gradient) {
  const int64_t count = w.columns.count;
  w.gathered.resize((size + 2) * count);
  std::fill(w.gathered.begin() + w.first_row() * count, w.gathered.begin() + (w.last_row() + 1) * count,
            T(0));
  for (int64_t k = 0; k < w.rows.count; ++k) {
    const T low = w.rows.low[k], high = w.rows.high[k];
    const int64_t row = w.rows.index[k] * count;
    const T* __restrict grad = grad_image + (w.rows.begin + k) * image_width + w.columns.begin;
    T* __restrict upper = &w.gathered[row];
    T* __restrict lower = upper + count;
    T moving = 0;
    if constexpr (kBoxes) {
      const T* __restrict above = &w.resampled[row];
      const T* __restrict below = above + count;
#pragma omp simd reduction(+ : moving)
      for (int64_t x = 0; x < count; ++x) {
        upper[x] += low * grad[x];
        lower[x] += high * grad[x];
        moving += grad[x] * (below[x] - above[x]);
      }
    } else {
#pragma omp simd
      for (int64_t x = 0; x < count; ++x) {
        upper[x] += low * grad[x];
        lower[x] += high * grad[x];
      }
    }
    gradient.v += moving;
    gradient.v_place += static_cast<double>(moving) * w.rows.place[k];
  }
}

template <typename T>
PRIORSEG_INLINE void sum_what_moves_with_u(Workspace<T>& w, EntryGradient& gradient) {
  const int64_t count = w.columns.count;
  w.column_sum.assign(count, T(0));
  T* __restrict sum = w.column_sum.data();
  for (int64_t r = w.first_row(); r <= w.last_row(); ++r) {
    const T* __restrict gathered = &w.gathered[r * count];
    const T* __restrict slope = &w.slope[r * count];
    for (int64_t x = 0; x < count; ++x) sum[x] += gathered[x] * slope[x];
  }
  for (int64_t x = 0; x < count; ++x) {
    gradient.u += sum[x];
    gradient.u_place += static_cast<double>(sum[x]) * w.columns.place[x];
  }
}

/// Gathers the rows sideways, into the entries of the patch; the frame is dropped.
template <typename T>
PRIORSEG_INLINE void gather_sideways(int64_t size, Workspace<T>& w, T* grad_patch) {
  const int64_t count = w.columns.count;
  const int64_t first = std::max<int64_t>(w.first_row(), 1), last = std::min(w.last_row(), size);
  for (int64_t r = first; r <= last; ++r) {
    const T* __restrict gathered = &w.gathered[r * count];
    T* __restrict entries = w.grad_row.data();
    std::fill_n(entries, size + 2, T(0));
    for (int64_t x = 0; x < count; ++x) {
      entries[w.columns.index[x]] += w.columns.low[x] * gathered[x];
      entries[w.columns.index[x] + 1] += w.columns.high[x] * gathered[x];
    }
    std::copy_n(entries + 1, size, grad_patch + (r - 1) * size);
  }
}

template <typename T>
PRIORSEG_INLINE void differentiate_patch(const T* patch, int64_t size, int64_t image_width,
                                         const T* grad_image, T* grad_patch, EntryGradient* gradient,
                                         Workspace<T>& w) {
  EntryGradient unused;
  if (gradient) {
    copy_into_frame(patch, size, w.framed.data());
    resample_with_slope(size, w);
    gather_down<T, true>(size, image_width, grad_image, w, *gradient);
    sum_what_moves_with_u(w, *gradient);
  } else {
    gather_down<T, false>(size, image_width, grad_image, w, unused);
  }
  if (grad_patch) gather_sideways(size, w, grad_patch);
}

PRIORSEG_CPU_CLONES void differentiate_one_patch(const float* patch, int64_t size, int64_t image_width,
                                                 const float* grad_image, float* grad_patch,
                                                 EntryGradient* gradient, Workspace<float>& w) {
  differentiate_patch(patch, size, image_width, grad_image, grad_patch, gradient, w);
}
PRIORSEG_CPU_CLONES void differentiate_one_patch(const double* patch, int64_t size, int64_t image_width,
                                                 const double* grad_image, double* grad_patch,
                                                 EntryGradient* gradient, Workspace<double>& w) {
  differentiate_patch(patch, size, image_width, grad_image, grad_patch, gradient, w);
}

}  // namespace

template <typename T>
void stitch_forward(const StitchSizes& s, const T* patches, const T* boxes, const int64_t* image_of_box,
                    T* images) {
  if (s.num_boxes == 0 || s.height == 0) return;
  const BoxLists lists = list_boxes_by_image(image_of_box, s.num_boxes, s.num_images);
  // Some bands a thread to even out the load; not too low ones, because a box on several bands is resampled
  // in each.
  const int64_t wanted = num_threads() == 1 ? 1 : (4 * num_threads() + s.num_images - 1) / s.num_images;
  const int64_t bands = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(s.height / 32, 1));
  const int64_t patch_area = s.patch_size * s.patch_size, image_area = s.height * s.width;
  parallel_for(0, s.num_images * bands, 1, [&](int64_t first, int64_t last) {
    Workspace<T> w(s.patch_size);
    for (int64_t task = first; task < last; ++task) {
      const int64_t b = task / bands, band = task % bands;
      const int64_t y_begin = s.height * band / bands, y_end = s.height * (band + 1) / bands;
      for (int64_t i = lists.first[b]; i < lists.first[b + 1]; ++i) {
        const int64_t n = lists.boxes[i];
        if (!w.find_pixels(boxes + 4 * n, s, y_begin, y_end)) continue;
        for (int64_t c = 0; c < s.channels; ++c) {
          add_one_patch(patches + (n * s.channels + c) * patch_area, s.patch_size, s.width,
                        images + (b * s.channels + c) * image_area, w);
        }
      }
    }
  });
}

template <typename T>
void stitch_backward(const StitchSizes& s, const T* patches, const T* boxes, const int64_t* image_of_box,
                     const T* grad_images, T* grad_patches, T* grad_boxes) {
  const int64_t patch_area = s.patch_size * s.patch_size, image_area = s.height * s.width;
  parallel_for(0, s.num_boxes, 4, [&](int64_t first, int64_t last) {
    Workspace<T> w(s.patch_size);
    for (int64_t n = first; n < last; ++n) {
      const T* box = boxes + 4 * n;
      if (!w.find_pixels(box, s, 0, s.height)) continue;
      EntryGradient gradient;
      for (int64_t c = 0; c < s.channels; ++c) {
        const int64_t plane = n * s.channels + c;
        differentiate_one_patch(patches + plane * patch_area, s.patch_size, s.width,
                                grad_images + (image_of_box[n] * s.channels + c) * image_area,
                                grad_patches ? grad_patches + plane * patch_area : nullptr,
                                grad_boxes ? &gradient : nullptr, w);
      }
      if (!grad_boxes) continue;
      // u = (x + 0.5 - cx) / width * S + const, so du/dcx = -S / width and du/dwidth = -S / width * place.
      const double per_height = -static_cast<double>(s.patch_size) / box[2];
      const double per_width = -static_cast<double>(s.patch_size) / box[3];
      grad_boxes[4 * n + 0] = static_cast<T>(gradient.u * per_width);
      grad_boxes[4 * n + 1] = static_cast<T>(gradient.v * per_height);
      grad_boxes[4 * n + 2] = static_cast<T>(gradient.v_place * per_height);
      grad_boxes[4 * n + 3] = static_cast<T>(gradient.u_place * per_width);
    }
  });
}

template void stitch_forward(const StitchSizes&, const float*, const float*, const int64_t*, float*);
template void stitch_forward(const StitchSizes&, const double*, const double*, const int64_t*, double*);
template void stitch_backward(const StitchSizes&, const float*, const float*, const int64_t*, const float*,
                              float*, float*);
template void stitch_backward(const StitchSizes&, const double*, const double*, const int64_t*, const double*,
                              double*, double*);

}  // namespace priorseg
