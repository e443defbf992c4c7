#include "priorseg/maskrcnn/roi_align_portable.h"

#include <torch/torch.h>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

/// The samples of every region along one axis, [N,S] each with S = cells x samples: each lies between two
/// neighbouring feature px.
struct AxisTaps {
  torch::Tensor low, high;                // int64
  torch::Tensor low_weight, high_weight;  // both 0 for a sample outside the map
};

/// @param begin, end  [N] of the regions in image px.
AxisTaps find_taps(const torch::Tensor& begin, const torch::Tensor& end, int64_t cells, int64_t length,
                   const RoiAlignOptions& options) {
  const double shift = options.aligned ? 0.5 : 0;
  const auto first = begin * options.scale - shift;
  auto extent = end * options.scale - shift - first;
  if (!options.aligned) extent = extent.clamp_min(1);
  const int64_t count = cells * options.samples;
  const auto steps = (torch::arange(count, first.options()) + 0.5) / static_cast<double>(count);
  const auto place = first.unsqueeze(1) + extent.unsqueeze(1) * steps;
  const auto is_inside =
      (place >= -1).logical_and(place <= static_cast<double>(length));  // false for no number
  const auto held =
      torch::where(is_inside, place, torch::zeros_like(place)).clamp(0, static_cast<double>(length - 1));
  const auto low = held.floor();
  const auto weight = is_inside.to(place.scalar_type()), share = held - low;
  const auto index = low.to(torch::kInt64);
  return {index, (index + 1).clamp_max(length - 1), weight * (1 - share), weight * share};
}

}  // namespace

torch::Tensor roi_align_portable(const torch::Tensor& features, const torch::Tensor& regions_in,
                                 const torch::Tensor& image_of_region, const RoiAlignOptions& options) {
  if (options.samples < 1)
    throw Error("roi_align with a number of samples that depends on the region runs on the CPU only");
  const int64_t channels = features.size(1), height = features.size(2), width = features.size(3);
  const auto regions = regions_in.detach().to(features.device());
  const auto rows = find_taps(regions.select(1, 1), regions.select(1, 3), options.height, height, options);
  const auto columns = find_taps(regions.select(1, 0), regions.select(1, 2), options.width, width, options);
  const auto map = image_of_region.to(features.device()).view({-1, 1, 1}) * (height * width);
  const auto flat = features.permute({1, 0, 2, 3}).reshape({channels, -1});  // [C, B H W]
  const auto read = [&](const torch::Tensor& row, const torch::Tensor& row_weight,
                        const torch::Tensor& column, const torch::Tensor& column_weight) {
    const auto place = map + row.unsqueeze(2) * width + column.unsqueeze(1);
    const auto weight = row_weight.unsqueeze(2) * column_weight.unsqueeze(1);
    return flat.index_select(1, place.reshape({-1})) * weight.reshape({-1});
  };
  const auto sum = read(rows.low, rows.low_weight, columns.low, columns.low_weight) +
                   read(rows.low, rows.low_weight, columns.high, columns.high_weight) +
                   read(rows.high, rows.high_weight, columns.low, columns.low_weight) +
                   read(rows.high, rows.high_weight, columns.high, columns.high_weight);
  const int64_t side = options.samples;
  return sum.view({channels, -1, options.height, side, options.width, side})
      .mean({3, 5})
      .transpose(0, 1)
      .contiguous();
}

}  // namespace priorseg
