#include "priorseg/output/running_objects.h"

#include <torch/types.h>

#include <algorithm>
#include <string>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

/// @param runs  of one object, in the order of its rows.
template <class Runs>
ObjectPixels pixels_of_runs(const Runs& runs) {
  ObjectPixels object;
  object.y0 = runs.front().y;
  object.height = runs.back().y + 1 - object.y0;
  object.x0 = runs.front().first;
  int64_t x1 = 0;
  for (const auto& run : runs) {
    object.x0 = std::min(object.x0, run.first);
    x1 = std::max(x1, run.last);
    object.area += run.last - run.first;
  }
  object.width = x1 - object.x0;
  object.bits.assign(static_cast<size_t>(object.height * object.width), 0);
  for (const auto& run : runs) {
    std::fill_n(object.bits.begin() + (run.y - object.y0) * object.width + run.first - object.x0,
                run.last - run.first, uint8_t{1});
  }
  return object;
}

}  // namespace

RunningObjects::RunningObjects(int64_t width, Take take) : width_(width), take_(std::move(take)) {}

void RunningObjects::add_row(const int32_t* labels) {
  for (int64_t x = 0; x < width_;) {
    const int32_t label = labels[x];
    const int64_t first = x;
    while (x < width_ && labels[x] == label) ++x;
    if (label == 0) continue;
    if (static_cast<size_t>(label) < is_closed_.size() && is_closed_[static_cast<size_t>(label)])
      throw Error("label " + std::to_string(label) +
                  " comes again below a row without it, expected one connected part a label in an image that "
                  "is given in pieces");
    auto& runs = open_[label];
    runs.push_back({next_row_, first, x});
  }
  ++next_row_;
}

void RunningObjects::close_objects_above(int64_t row) {
  for (auto object = open_.begin(); object != open_.end();) {
    const auto& [label, runs] = *object;
    if (runs.back().y >= row) {
      ++object;
      continue;
    }
    const auto index = static_cast<size_t>(label);
    if (index >= is_closed_.size()) is_closed_.resize(std::max(index + 1, 2 * is_closed_.size()));
    is_closed_[index] = true;
    take_(label, pixels_of_runs(runs));
    object = open_.erase(object);
  }
}

void RunningObjects::add_rows(const torch::Tensor& labels) {
  check_shape(labels, {std::nullopt, width_}, "labels");
  if (labels.scalar_type() != torch::kInt32) throw Error("labels has another type than int32");
  if (labels.numel() == 0) return;
  if (labels.min().item<int32_t>() < 0)
    throw Error("labels holds negative values; expected 0 for background, 1, 2, ...");
  const auto rows = labels.cpu().contiguous();
  for (int64_t y = 0; y < rows.size(0); ++y) add_row(rows.data_ptr<int32_t>() + y * width_);
  close_objects_above(next_row_ - 1);
}

void RunningObjects::begin_picture() {
  finish();
  next_row_ = 0;
}

void RunningObjects::finish() { close_objects_above(next_row_); }

}  // namespace priorseg
