#include "priorseg/ops/rasterize.h"

#include <torch/types.h>

#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/ops/patch_taps.h"

namespace priorseg {
namespace {

void check_values(const torch::Tensor& tensor, const std::string& name) {
  if (tensor.scalar_type() == torch::kFloat32 && tensor.device().is_cpu()) return;
  throw Error(name + " of the instances are " + c10::toString(tensor.scalar_type()) + " on " +
              tensor.device().str() + ", expected Float on cpu");
}

void check_instances(const Instances& instances, double threshold) {
  if (!(threshold > 0 && threshold < 1)) {
    throw Error("the mask threshold is " + std::to_string(threshold) + ", expected a number between 0 and 1");
  }
  check_shape(instances.boxes, {std::nullopt, 4}, "boxes of the instances");
  check_shape(instances.masks, {instances.size(), std::nullopt, std::nullopt}, "masks of the instances");
  const int64_t size = instances.masks.size(1);
  check_shape(instances.masks, {instances.size(), size, size}, "masks of the instances");
  check_values(instances.boxes, "boxes");
  check_values(instances.masks, "masks");
}

/// What one thread needs for one mask at a time; kept between masks to save allocations.
struct Workspace {
  PatchTaps<float> columns, rows;
  std::vector<float> framed;     ///< [S+2,S+2] mask in a frame of zeros
  std::vector<float> resampled;  ///< [S+2,columns] its rows at the columns of the image
  std::vector<uint8_t> window;   ///< [rows,columns] pixels at or above the threshold
};

/// Fills the window; false if the box covers no pixel of the image.
bool fill_window(const float* mask, const float* box, int64_t size, const Instances& image, double threshold,
                 Workspace& w) {
  if (!covers_something(box)) return false;
  find_patch_taps<float>(box[0], box[3], size, 0, image.width, w.columns);
  find_patch_taps<float>(box[1], box[2], size, 0, image.height, w.rows);
  const int64_t count = w.columns.count;
  if (count == 0 || w.rows.count == 0) return false;
  copy_into_frame(mask, size, w.framed.data());
  w.resampled.resize((size + 2) * count);
  for (int64_t r = w.rows.index.front(); r <= w.rows.index.back() + 1; ++r) {
    resample_row(&w.framed[r * (size + 2)], w.columns, &w.resampled[r * count]);
  }
  w.window.resize(w.rows.count * count);
  for (int64_t k = 0; k < w.rows.count; ++k) {
    const float* upper = &w.resampled[w.rows.index[k] * count];
    const float* lower = upper + count;
    uint8_t* bits = &w.window[k * count];
    for (int64_t x = 0; x < count; ++x) {
      bits[x] = w.rows.low[k] * upper[x] + w.rows.high[k] * lower[x] >= threshold;
    }
  }
  return true;
}

/// The window without its empty rows and columns.
ObjectPixels cut_to_set_pixels(const Workspace& w) {
  const int64_t height = w.rows.count, width = w.columns.count;
  int64_t top = height, bottom = -1, left = width, right = -1;
  ObjectPixels object;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      if (!w.window[y * width + x]) continue;
      top = std::min(top, y);
      bottom = y;
      left = std::min(left, x);
      right = std::max(right, x);
      ++object.area;
    }
  }
  if (object.area == 0) return object;
  object.x0 = w.columns.begin + left;
  object.y0 = w.rows.begin + top;
  object.height = bottom - top + 1;
  object.width = right - left + 1;
  object.bits.resize(object.height * object.width);
  for (int64_t y = 0; y < object.height; ++y) {
    std::copy_n(&w.window[(top + y) * width + left], object.width, &object.bits[y * object.width]);
  }
  return object;
}

}  // namespace

std::vector<ObjectPixels> rasterize(const Instances& instances, double threshold) {
  if (instances.size() == 0) return {};
  check_instances(instances, threshold);
  const auto boxes = instances.boxes.contiguous(), masks = instances.masks.contiguous();
  const float* box_values = boxes.data_ptr<float>();
  const float* mask_values = masks.data_ptr<float>();
  const int64_t size = masks.size(1);
  std::vector<ObjectPixels> objects(instances.size());
  if (size == 0) return objects;
  parallel_for(0, instances.size(), 16, [&](int64_t first, int64_t last) {
    Workspace w;
    w.framed.assign((size + 2) * (size + 2), 0.0f);
    for (int64_t n = first; n < last; ++n) {
      if (fill_window(mask_values + n * size * size, box_values + 4 * n, size, instances, threshold, w)) {
        objects[n] = cut_to_set_pixels(w);
      }
    }
  });
  return objects;
}

}  // namespace priorseg
