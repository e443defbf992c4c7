#include "priorseg/image/tiff_samples.h"

#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace priorseg {
namespace {

bool store(double value, float& pixel) {
  const auto narrow = static_cast<float>(value);
  pixel = std::isfinite(narrow) ? narrow : std::numeric_limits<float>::quiet_NaN();
  return true;
}

/// False where the value is no label.
bool store(double value, int32_t& label) {
  constexpr double kWatershedLine = -1;
  if (value == kWatershedLine) value = 0;
  if (!(value >= 0 && value <= std::numeric_limits<int32_t>::max()) || value != std::floor(value))
    return false;
  label = static_cast<int32_t>(value);
  return true;
}

template <class Sample, class Pixel>
bool convert_whole_bytes(const SampleRow& row, Pixel* to) {
  bool good = true;
  const uint8_t* from = row.bytes + row.first * static_cast<int64_t>(sizeof(Sample));
  for (int64_t i = 0; i < row.count; ++i) {
    Sample sample;
    std::memcpy(&sample, from + i * row.stride * static_cast<int64_t>(sizeof(Sample)), sizeof(Sample));
    good &= store(static_cast<double>(sample), to[i]);
  }
  return good;
}

/// Samples of 1 to 15 bits lie one after the other, highest bit first, whatever the order of bytes.
template <class Pixel>
bool convert_packed(const SampleRow& row, int64_t bits, Pixel* to) {
  for (int64_t i = 0; i < row.count; ++i) {
    const int64_t start = (row.first + i * row.stride) * bits;
    uint32_t value = 0;
    for (int64_t bit = start; bit < start + bits;) {
      const int64_t in_byte = bit % 8, taken = std::min(8 - in_byte, start + bits - bit);
      const uint32_t byte = row.bytes[bit / 8];
      value = value << taken | (byte >> (8 - in_byte - taken) & ((1u << taken) - 1));
      bit += taken;
    }
    store(value, to[i]);
  }
  return true;
}

template <class Pixel>
bool convert_any(const TiffPage& page, const SampleRow& row, Pixel* to) {
  if (page.is_packed()) return convert_packed(row, page.bits, to);
  if (page.is_float()) {
    if (page.bits == 16) return convert_whole_bytes<c10::Half>(row, to);
    return page.bits == 32 ? convert_whole_bytes<float>(row, to) : convert_whole_bytes<double>(row, to);
  }
  switch (page.bits) {
    case 8:
      return page.is_signed() ? convert_whole_bytes<int8_t>(row, to) : convert_whole_bytes<uint8_t>(row, to);
    case 16:
      return page.is_signed() ? convert_whole_bytes<int16_t>(row, to)
                              : convert_whole_bytes<uint16_t>(row, to);
    case 32:
      return page.is_signed() ? convert_whole_bytes<int32_t>(row, to)
                              : convert_whole_bytes<uint32_t>(row, to);
    default:
      return page.is_signed() ? convert_whole_bytes<int64_t>(row, to)
                              : convert_whole_bytes<uint64_t>(row, to);
  }
}

}  // namespace

void convert_samples(const TiffPage& page, const SampleRow& row, float* pixels) {
  convert_any(page, row, pixels);
  if (!page.white_is_zero()) return;
  // Floating point has no largest value; there only the order is turned round.
  const double white = page.is_float() ? 0 : page.is_signed() ? -1 : std::ldexp(1.0, page.bits) - 1;
  for (int64_t i = 0; i < row.count; ++i) pixels[i] = static_cast<float>(white - pixels[i]);
}

bool convert_samples(const TiffPage& page, const SampleRow& row, int32_t* labels) {
  return convert_any(page, row, labels);
}

}  // namespace priorseg
