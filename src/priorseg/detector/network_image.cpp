#include "priorseg/detector/network_image.h"

#include <algorithm>
#include <cmath>

#include "priorseg/image/resample.h"
#include "priorseg/ops/sobel.h"

namespace priorseg {

NetworkImage prepare_image(const torch::Tensor& pixels, double quantum, const DetectorOptions& options,
                           const NetworkScale& scale) {
  const auto grey = grey_from_pixels(pixels);
  const auto rows =
      std::max<int64_t>(1, std::llround(static_cast<double>(grey.size(0)) * scale.network_from_image));
  const auto columns =
      std::max<int64_t>(1, std::llround(static_cast<double>(grey.size(1)) * scale.network_from_image));
  auto resized = resize_image(grey, {rows, columns});
  auto statistics = measure_image(resized, quantum);
  const double max_size = options.size.max * scale.network_from_image;
  if (options.intensity.background == "local") {
    resized = flatten_background(resized, statistics, max_size);
    statistics = measure_image(resized, quantum);
  }
  const auto mapped = map_intensity(resized, statistics, options.intensity, max_size);

  NetworkImage result;
  result.y_scale = static_cast<double>(rows) / static_cast<double>(grey.size(0));
  result.x_scale = static_cast<double>(columns) / static_cast<double>(grey.size(1));
  result.gradient_scale =
      gradient_full_scale(sobel_magnitude(mapped.view({1, 1, rows, columns})), options.gradient);
  // One grid cell on every side: objects whose centre lies on or just outside the border can be found as
  // well.
  const int64_t cell = options.localizer.cell_size();
  result.padding = cell;
  const int64_t bottom = cell + (cell - rows % cell) % cell;
  const int64_t right = cell + (cell - columns % cell) % cell;
  result.mapped = pad_mirrored(mapped, cell, bottom, cell, right);
  const double sigma = std::max(statistics.noise, 1e-12);
  result.signal = pad_mirrored((resized - statistics.background) / sigma, cell, bottom, cell, right);
  return result;
}

}  // namespace priorseg
