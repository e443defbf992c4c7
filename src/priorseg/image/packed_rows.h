#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// Rows of one channel of an image, held in as few bytes as they need: one value where all are the same,
/// 8 or 16 bits where all are whole numbers of that range, float32 otherwise. No value is changed.
class PackedRows {
 public:
  /// @param rows  [N,W] float32.
  explicit PackedRows(const torch::Tensor& rows);

  /// @param row    from 0.
  /// @param to     gets `count` values from column `first` on.
  void copy(int64_t row, int64_t first, int64_t count, float* to) const;
  /// All of one value, and which.
  bool is_constant() const { return std::holds_alternative<float>(values_); }
  bool is_zero() const { return is_constant() && std::get<float>(values_) == 0; }

 private:
  int64_t width_;
  std::variant<float, std::vector<uint8_t>, std::vector<uint16_t>, std::vector<float>> values_;
};

}  // namespace priorseg
