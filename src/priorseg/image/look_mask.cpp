#include "priorseg/image/look_mask.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "priorseg/image/image_reader.h"

namespace priorseg {
namespace {

/// The points of a mask that lie in pixels `first` to `first` + `count` - 1 of `length`, one each.
torch::Tensor points_along(int64_t first, int64_t count, int64_t length, int64_t points) {
  const auto pixels = torch::arange(first, first + count, torch::kFloat64) + 0.5;
  return (pixels * (static_cast<double>(points) / static_cast<double>(length)))
      .floor()
      .to(torch::kInt64)
      .clamp(0, points - 1);
}

}  // namespace

LookMask::LookMask(const std::filesystem::path& file, const PictureSize& picture) : picture_(picture) {
  ImageReader reader{ImageInput(file)};
  const auto& info = reader.info();
  const double share = static_cast<double>(info.height) * static_cast<double>(info.width) / kMostPoints;
  const auto step = static_cast<int64_t>(std::ceil(std::sqrt(std::max(share, 1.0))));
  constexpr int64_t kPixelsOfBand = int64_t{1} << 24;
  const int64_t rows = std::max<int64_t>(kPixelsOfBand / info.width / step, 1) * step;
  std::vector<torch::Tensor> bands;
  for (int64_t first = 0; first < info.height; first += rows) {
    const auto band = reader.read_rows(first, std::min(first + rows, info.height));
    bands.push_back(
        std::get<0>(band.slice(1, 0, band.size(1), step).slice(2, 0, band.size(2), step).ne(0).max(0)));
  }
  points_ = torch::cat(bands);
}

torch::Tensor LookMask::part(const PixelRegion& region) const {
  const auto rows = points_along(region.y, region.height, picture_.height, points_.size(0));
  const auto columns = points_along(region.x, region.width, picture_.width, points_.size(1));
  return points_.index_select(0, rows).index_select(1, columns);
}

torch::Tensor LookMask::without_rest(const torch::Tensor& pixels, const PixelRegion& region) const {
  return pixels.masked_fill(part(region).logical_not(), std::numeric_limits<float>::quiet_NaN());
}

bool LookMask::is_empty_in(const PixelRegion& region) const {
  const auto rows = points_along(region.y, region.height, picture_.height, points_.size(0));
  const auto columns = points_along(region.x, region.width, picture_.width, points_.size(1));
  return !points_.slice(0, rows[0].item<int64_t>(), rows[-1].item<int64_t>() + 1)
              .slice(1, columns[0].item<int64_t>(), columns[-1].item<int64_t>() + 1)
              .any()
              .item<bool>();
}

}  // namespace priorseg
