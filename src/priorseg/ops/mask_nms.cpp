#include "priorseg/ops/mask_nms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

/// Place of each object in the order of scores: 0 is the best; equal scores in the order of the objects,
/// scores that are not numbers last.
std::vector<int64_t> order_by_score(const std::vector<float>& scores) {
  const auto value = [&](int64_t i) {
    return std::isnan(scores[i]) ? -std::numeric_limits<float>::infinity() : scores[i];
  };
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return value(a) > value(b); });
  return order;
}

int64_t count_common_pixels(const ObjectPixels& a, const ObjectPixels& b) {
  const int64_t x_begin = std::max(a.x0, b.x0), x_end = std::min(a.x0 + a.width, b.x0 + b.width);
  const int64_t y_begin = std::max(a.y0, b.y0), y_end = std::min(a.y0 + a.height, b.y0 + b.height);
  if (x_begin >= x_end) return 0;
  int64_t common = 0;
  for (int64_t y = y_begin; y < y_end; ++y) {
    const uint8_t* row_a = &a.bits[(y - a.y0) * a.width + x_begin - a.x0];
    const uint8_t* row_b = &b.bits[(y - b.y0) * b.width + x_begin - b.x0];
    int64_t in_row = 0;
    for (int64_t x = 0; x < x_end - x_begin; ++x) in_row += row_a[x] & row_b[x];
    common += in_row;
  }
  return common;
}

/// For each object the better ones that cover more than `max_overlap` of it.
std::vector<std::vector<int64_t>> find_suppressors(const std::vector<ObjectPixels>& objects,
                                                   const std::vector<int64_t>& order, double max_overlap) {
  std::vector<int64_t> rank(order.size());
  for (size_t i = 0; i < order.size(); ++i) rank[order[i]] = static_cast<int64_t>(i);
  std::vector<int64_t> from_top;
  for (const int64_t i : order) {
    if (objects[i].area > 0) from_top.push_back(i);
  }
  std::sort(from_top.begin(), from_top.end(),
            [&](int64_t a, int64_t b) { return objects[a].y0 < objects[b].y0; });

  std::vector<std::vector<int64_t>> suppressors(objects.size());
  for (size_t first = 0; first < from_top.size(); ++first) {
    const int64_t i = from_top[first];
    const int64_t bottom = objects[i].y0 + objects[i].height;
    for (size_t next = first + 1; next < from_top.size() && objects[from_top[next]].y0 < bottom; ++next) {
      const int64_t j = from_top[next];
      const int64_t better = rank[i] < rank[j] ? i : j, worse = better == i ? j : i;
      const auto common = static_cast<double>(count_common_pixels(objects[i], objects[j]));
      // A quotient, so that 3 of 30 pixels are exactly the number 0.1 and not more.
      if (common / static_cast<double>(objects[worse].area) > max_overlap)
        suppressors[worse].push_back(better);
    }
  }
  return suppressors;
}

}  // namespace

std::vector<int64_t> mask_nms(const std::vector<ObjectPixels>& objects, const std::vector<float>& scores,
                              double max_overlap, NmsRule rule) {
  if (objects.size() != scores.size()) {
    throw Error("mask_nms got " + std::to_string(objects.size()) + " objects and " +
                std::to_string(scores.size()) + " scores, expected one score an object");
  }
  if (!(max_overlap >= 0 && max_overlap <= 1)) {
    throw Error("the largest overlap is " + std::to_string(max_overlap) + ", expected a share in 0 to 1");
  }
  const auto order = order_by_score(scores);
  const auto suppressors = find_suppressors(objects, order, max_overlap);
  std::vector<bool> is_kept(objects.size(), false);
  std::vector<int64_t> kept;
  for (const int64_t i : order) {
    const auto counts = [&](int64_t better) { return rule == NmsRule::kPaper || is_kept[better]; };
    if (objects[i].area == 0 || std::any_of(suppressors[i].begin(), suppressors[i].end(), counts)) continue;
    is_kept[i] = true;
    kept.push_back(i);
  }
  return kept;
}

}  // namespace priorseg
