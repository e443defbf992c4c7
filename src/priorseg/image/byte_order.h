#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace priorseg {

/// The number that `count` bytes from `at` on hold, most significant byte first. They must be there.
inline uint32_t big_endian(std::string_view bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

/// The same with the least significant byte first.
inline uint32_t little_endian(std::string_view bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = count; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

}  // namespace priorseg
