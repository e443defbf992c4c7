#include "priorseg/image/image_source.h"

#include <torch/types.h>

#include <algorithm>
#include <string>

#include "priorseg/core/error.h"

namespace priorseg {

torch::Tensor RollingRows::rows(RowRange wanted) {
  if (wanted.first < first_)
    throw Error("row " + std::to_string(wanted.first) + " was given up, expected rows from " +
                std::to_string(first_) + " on");
  const int64_t next = first_ + (held_.defined() ? held_.size(1) : 0);
  if (wanted.last > next) {
    const auto further = source_.read(next, wanted.last);
    held_ = held_.defined() && held_.size(1) > 0 ? torch::cat({held_, further}, 1) : further;
  }
  return held_.slice(1, wanted.first - first_, wanted.last - first_);
}

void RollingRows::forget(int64_t first) {
  const int64_t held = held_.defined() ? held_.size(1) : 0;
  const int64_t dropped = std::min(first - first_, held);
  if (dropped <= 0) return;
  held_ = held_.slice(1, dropped).clone();  // a view would keep the memory
  first_ += dropped;
}

}  // namespace priorseg
