#include "priorseg/image/packed_rows.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

/// Whether all values are whole numbers that the type holds.
template <class Packed>
bool fits_into(const float* value, int64_t count) {
  constexpr auto kMost = static_cast<float>(std::numeric_limits<Packed>::max());
  constexpr int64_t kAtOnce = 4096;
  for (int64_t first = 0; first < count; first += kAtOnce) {
    const int64_t last = std::min(count, first + kAtOnce);
    bool fits = true;  // without a branch a value, so that several are compared at once
    for (int64_t i = first; i < last; ++i) {
      const float inside = std::min(std::max(0.0f, value[i]), kMost);  // 0 of NaN
      fits &= value[i] == static_cast<float>(static_cast<int32_t>(inside));
    }
    if (!fits) return false;
  }
  return true;
}

template <class Packed>
std::vector<Packed> packed_values(const float* value, int64_t count) {
  std::vector<Packed> result(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    result[static_cast<size_t>(i)] = static_cast<Packed>(static_cast<int32_t>(value[i]));
  return result;
}

}  // namespace

PackedRows::PackedRows(const torch::Tensor& rows) {
  check_shape(rows, {std::nullopt, std::nullopt}, "rows");
  width_ = rows.size(1);
  const auto source = rows.contiguous();
  const auto* value = source.data_ptr<float>();
  const int64_t count = source.numel();
  const bool is_same = std::all_of(value, value + count, [value](float other) { return other == *value; });
  if (count == 0 || is_same)
    values_ = count == 0 ? 0.0f : *value;
  else if (fits_into<uint8_t>(value, count))
    values_ = packed_values<uint8_t>(value, count);
  else if (fits_into<uint16_t>(value, count))
    values_ = packed_values<uint16_t>(value, count);
  else
    values_ = std::vector<float>(value, value + count);
}

void PackedRows::copy(int64_t row, int64_t first, int64_t count, float* to) const {
  if (is_constant()) {
    std::fill_n(to, count, std::get<float>(values_));
    return;
  }
  const auto copy_from = [&](const auto& values) {
    const auto begin = values.begin() + row * width_ + first;
    std::copy(begin, begin + count, to);
  };
  if (const auto* bytes = std::get_if<std::vector<uint8_t>>(&values_))
    copy_from(*bytes);
  else if (const auto* words = std::get_if<std::vector<uint16_t>>(&values_))
    copy_from(*words);
  else
    copy_from(std::get<std::vector<float>>(values_));
}

}  // namespace priorseg
