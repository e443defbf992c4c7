#include "priorseg/detector/standing_out.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "priorseg/image/compact_regions.h"

namespace priorseg {
namespace {

constexpr double kOppositeRules = 2;  // times as far below the background as above
constexpr double kStandingOut = 4;    // noise sigmas
constexpr double kMuch = 0.01;        // of the image
constexpr double kHardly = 0.2;       // of what stands out
constexpr double kPlainly = 0.7;

/// [H,W] int32: 0 = background, objects from 1 on.
torch::Tensor label_map_of(const std::vector<ObjectPixels>& objects, int64_t height, int64_t width) {
  auto labels = torch::zeros({height, width}, torch::kInt32);
  auto* pixels = labels.data_ptr<int32_t>();
  int32_t label = 0;
  for (const auto& object : objects) {
    ++label;
    for (int64_t y = 0; y < object.height; ++y)
      for (int64_t x = 0; x < object.width; ++x)
        if (object.bits[static_cast<size_t>(y * object.width + x)])
          pixels[(object.y0 + y) * width + object.x0 + x] = label;
  }
  return labels;
}

/// Every n-th row and column, as many as are asked for.
torch::Tensor reduced(const torch::Tensor& map, int64_t height, int64_t width) {
  const auto places = [](int64_t count, int64_t total) {
    return torch::div((torch::arange(count) * 2 + 1) * total, 2 * count, "floor");
  };
  return map.index_select(0, places(height, map.size(0))).index_select(1, places(width, map.size(1)));
}

/// How many pixels of `parts` and of `labels` lie in both, by pair, and how many in a label.
struct Meetings {
  std::map<std::pair<int32_t, int32_t>, int64_t> both;
  std::map<int32_t, int64_t> area;

  Meetings(const torch::Tensor& parts, const torch::Tensor& labels) {
    const auto* part = parts.data_ptr<int32_t>();
    const auto* label = labels.data_ptr<int32_t>();
    for (int64_t i = 0; i < parts.numel(); ++i) {
      if (label[i] == 0) continue;
      ++area[label[i]];
      if (part[i] != 0) ++both[{part[i], label[i]}];
    }
  }
};

/// Counts what stands alone, and how much of it is outlined as one object.
void compare_with_parts(const torch::Tensor& stands_out, const torch::Tensor& labels, FoundRows& piece) {
  const auto compact = compact_parts(stands_out);
  const Meetings meetings(compact.parts,
                          reduced(labels, stands_out.size(0), stands_out.size(1)).contiguous());
  for (const auto& region : compact.regions) {
    piece.alone += region.area;
    for (auto pair = meetings.both.lower_bound({region.part, 0});
         pair != meetings.both.end() && pair->first.first == region.part; ++pair) {
      const int64_t common = pair->second, all = region.area + meetings.area.at(pair->first.second) - common;
      if (2 * common >= all) piece.alone_met += region.area;
    }
  }
}

}  // namespace

void tell_what_stands_out(const NetworkImage& seen, const ImageStatistics& statistics, double bright,
                          FoundRows& piece) {
  const int64_t height = piece.pixels.size(1), width = piece.pixels.size(2);
  ImageInfo size;
  size.height = height;
  size.width = width;
  const auto inside = [&](const torch::Tensor& map) { return without_padding(seen, map, size); };
  piece.looks_opposite = statistics.below > kOppositeRules * statistics.above;
  const double dark = -0.5 * statistics.below / std::max(statistics.noise, 1e-12);
  const auto small = piece.looks_opposite
                         ? inside(seen.signal).lt(dark)
                         : inside(seen.mapped).ge(bright) & inside(seen.signal).ge(kStandingOut);
  const auto labels = label_map_of(piece.found.objects, height, width);
  compare_with_parts(small, labels, piece);
  const auto stands_out =
      torch::upsample_nearest2d(small.to(torch::kFloat32).unsqueeze(0).unsqueeze(0), {height, width})
          .view({height, width})
          .gt(0);
  piece.looked_at = height * width;
  piece.standing_out = stands_out.sum().item<int64_t>();
  const auto covered = labels.gt(0);
  piece.explained = (stands_out & covered).sum().item<int64_t>();
  piece.covered = covered.sum().item<int64_t>();
}

bool FoundRows::is_unexplained() const {
  const auto num_pixels = static_cast<double>(pixels.size(1) * pixels.size(2));
  return static_cast<double>(standing_out) >= std::max(1.0, kMuch * num_pixels) &&
         static_cast<double>(explained) < kHardly * static_cast<double>(standing_out);
}

bool FoundRows::is_plainly_explained() const {
  return explained > 0 && static_cast<double>(explained) >= kPlainly * static_cast<double>(standing_out) &&
         static_cast<double>(explained) >= kPlainly * static_cast<double>(covered);
}

}  // namespace priorseg
