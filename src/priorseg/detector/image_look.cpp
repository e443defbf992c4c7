#include "priorseg/detector/image_look.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <set>

#include "priorseg/detector/network_image.h"
#include "priorseg/image/compact_regions.h"
#include "priorseg/image/edge_sharpness.h"

namespace priorseg {
namespace {

constexpr std::array kLookLevels = {0.3, 0.5, 0.7};  // of mapped intensity
constexpr size_t kCountingLevel = 1;
constexpr double kStandsOutOfNoise = 4;  // sigmas: the mapping stretches the noise of an empty image

int64_t area_of(const CompactParts& found) {
  int64_t area = 0;
  for (const auto& region : found.regions) area += region.area;
  return area;
}

/// The parts with the shape of one object alone, at the size of the image.
torch::Tensor enlarged_parts(const CompactParts& found, int64_t height, int64_t width) {
  std::set<int32_t> kept;
  for (const auto& region : found.regions) kept.insert(region.part);
  auto parts = found.parts.clone();
  auto* values = parts.data_ptr<int32_t>();
  for (int64_t i = 0; i < parts.numel(); ++i)
    if (!kept.contains(values[i])) values[i] = 0;
  return torch::upsample_nearest2d(parts.to(torch::kFloat32).unsqueeze(0).unsqueeze(0), {height, width})
      .view({height, width})
      .to(torch::kInt32);
}

}  // namespace

ImageLook look_at_image(const Image& image, const DetectorOptions& options, const NetworkScale& scale) {
  const auto seen = prepare_image(image, options, scale);
  const auto mapped = without_padding(seen, seen.mapped, image);
  const auto signal = without_padding(seen, seen.signal, image);
  const auto is_sure = signal >= kStandsOutOfNoise;
  ImageLook look;
  CompactParts best;
  int64_t most = -1;
  double share = 0;
  for (size_t i = 0; i < kLookLevels.size(); ++i) {
    const auto inside = (mapped >= kLookLevels[i]) & is_sure;
    const auto area = inside.sum().item<int64_t>();
    if (i == kCountingLevel)
      look.standing_out = static_cast<double>(area) / static_cast<double>(mapped.numel());
    auto found = compact_parts(inside);
    const double of_level = area > 0 ? static_cast<double>(area_of(found)) / static_cast<double>(area) : 0;
    share = std::max(share, of_level);
    if (area_of(found) <= most) continue;
    most = area_of(found);
    best = std::move(found);
  }
  look.compact = share;
  if (!best.regions.empty()) look.size = size_at(best.regions, 0.5) / scale.network_from_image;
  look.sharpness = edge_sharpness(signal, best);
  look.parts = enlarged_parts(best, image.height, image.width);
  return look;
}

}  // namespace priorseg
