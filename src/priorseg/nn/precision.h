#pragma once

#include <array>
#include <utility>

namespace priorseg {

/// What convolutions and linear maps compute in; weights stay float32.
enum class Precision {
  kFloat32,
  kBFloat16,  ///< 8 significant bits, where the processor has units for that; elsewhere float32
};
constexpr auto option_names(Precision) {
  return std::array{std::pair{Precision::kFloat32, "float32"}, std::pair{Precision::kBFloat16, "bfloat16"}};
}

}  // namespace priorseg
