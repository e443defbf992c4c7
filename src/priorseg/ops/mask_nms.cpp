#include "priorseg/ops/mask_nms.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

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

}  // namespace

RunningMaskNms::RunningMaskNms(double max_overlap, NmsRule rule, double max_covered)
    : max_overlap_(max_overlap), rule_(rule), max_covered_(max_covered) {
  if (!(max_overlap >= 0 && max_overlap <= 1)) {
    throw Error("the largest overlap is " + std::to_string(max_overlap) + ", expected a share in 0 to 1");
  }
}

/// Records on the worse of two objects that the better one shares pixels with it.
void RunningMaskNms::compare(Entry& a, Entry& b) {
  const auto common = static_cast<double>(count_common_pixels(a.second.object, b.second.object));
  if (common == 0) return;
  const bool a_is_better =
      a.second.score != b.second.score ? a.second.score > b.second.score : a.first < b.first;
  const Entry& better = a_is_better ? a : b;
  Pending& worse = a_is_better ? b.second : a.second;
  // A quotient, so that 3 of 30 pixels are exactly the number 0.1 and not more.
  const double share = common / static_cast<double>(worse.object.area);
  worse.better.push_back({better.first, share, share > max_overlap_});
}

/// Compares every object from index `first_new` on with its neighbours.
void RunningMaskNms::find_rivals(int64_t first_new) {
  std::vector<Entry*> from_top;
  for (auto& entry : pending_) from_top.push_back(&entry);
  std::stable_sort(from_top.begin(), from_top.end(),
                   [](const Entry* a, const Entry* b) { return a->second.object.y0 < b->second.object.y0; });
  for (size_t first = 0; first < from_top.size(); ++first) {
    Entry& entry = *from_top[first];
    const int64_t bottom = entry.second.object.y0 + entry.second.object.height;
    for (size_t next = first + 1; next < from_top.size() && from_top[next]->second.object.y0 < bottom;
         ++next) {
      Entry& other = *from_top[next];
      if (entry.first >= first_new || other.first >= first_new) compare(entry, other);
    }
  }
}

std::vector<RunningMaskNms::Entry*> RunningMaskNms::best_first() {
  std::vector<Entry*> order;
  for (auto& entry : pending_) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(),
                   [](const Entry* a, const Entry* b) { return a->second.score > b->second.score; });
  return order;
}

std::vector<RunningMaskNms::Kept> RunningMaskNms::add(std::vector<ObjectPixels> objects,
                                                      const std::vector<float>& scores,
                                                      int64_t complete_rows) {
  if (objects.size() != scores.size()) {
    throw Error("mask_nms got " + std::to_string(objects.size()) + " objects and " +
                std::to_string(scores.size()) + " scores, expected one score an object");
  }
  const int64_t first_new = next_index_;
  for (size_t i = 0; i < objects.size(); ++i, ++next_index_) {
    if (objects[i].area == 0) continue;
    const float score = std::isnan(scores[i]) ? -std::numeric_limits<float>::infinity() : scores[i];
    pending_.emplace(next_index_, Pending{std::move(objects[i]), score, {}});
  }
  find_rivals(first_new);

  std::vector<Kept> kept;
  std::set<int64_t> kept_now, settled_now;
  for (Entry* entry : best_first()) {
    auto& [index, object] = *entry;
    std::erase_if(object.better, [&](const Rival& rival) {
      if (!settled_now.contains(rival.index)) return false;
      const bool is_kept = kept_now.contains(rival.index);
      object.is_suppressed |= rival.suppresses && (rule_ == NmsRule::kPaper || is_kept);
      if (is_kept) object.covered += rival.share;
      return true;
    });
    if (!object.better.empty() || object.object.y0 + object.object.height > complete_rows) continue;
    settled_now.insert(index);
    if (object.is_suppressed || object.covered > max_covered_) continue;
    kept_now.insert(index);
    kept.push_back({index, std::move(object.object)});
  }
  for (const int64_t index : settled_now) pending_.erase(index);
  return kept;
}

int64_t RunningMaskNms::first_unsettled_row() const {
  int64_t row = kAllRows;
  for (const auto& [index, object] : pending_) row = std::min(row, object.object.y0);
  return row;
}

int64_t RunningMaskNms::first_unsettled_index() const {
  return pending_.empty() ? std::numeric_limits<int64_t>::max() : pending_.begin()->first;
}

std::vector<int64_t> mask_nms(const std::vector<ObjectPixels>& objects, const std::vector<float>& scores,
                              double max_overlap, NmsRule rule) {
  std::vector<int64_t> kept;
  for (const auto& object : RunningMaskNms(max_overlap, rule).add(objects, scores, RunningMaskNms::kAllRows))
    kept.push_back(object.index);
  return kept;
}

}  // namespace priorseg
