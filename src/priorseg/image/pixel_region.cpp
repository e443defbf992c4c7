#include "priorseg/image/pixel_region.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

/// First and last + 1 of a range on a copy with another number of pixels.
std::array<int64_t, 2> range_of_copy(int64_t first, int64_t count, int64_t length, int64_t copy_length) {
  const double scale = static_cast<double>(copy_length) / static_cast<double>(length);
  const auto at = [&](int64_t place) {
    return static_cast<double>(std::clamp<int64_t>(place, 0, length)) * scale;
  };
  const auto begin = static_cast<int64_t>(at(first));
  const auto end = std::min(static_cast<int64_t>(at(first + count) + 0.999), copy_length);
  return {begin, end};
}

}  // namespace

PixelRegion parse_region(const std::string& text) {
  std::array<int64_t, 4> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && at != end && *at == ',') ++at;
    const auto [behind, error] = std::from_chars(at, end, numbers[i]);
    const bool is_last = i + 1 == numbers.size();
    constexpr int64_t kLongestSide = int64_t{1} << 32;
    if (error != std::errc() || (is_last ? behind != end : behind == end || *behind != ',') ||
        numbers[i] < (i < 2 ? 0 : 1) || numbers[i] > kLongestSide)
      throw Error("'" + text + "' is no region, expected X,Y,WIDTH,HEIGHT in pixels, such as 0,0,2000,1000");
    at = behind;
  }
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

PixelRegion region_of_copy(const PixelRegion& region, int64_t height, int64_t width, int64_t copy_height,
                           int64_t copy_width) {
  const auto x = range_of_copy(region.x, region.width, width, copy_width);
  const auto y = range_of_copy(region.y, region.height, height, copy_height);
  if (x[0] >= x[1] || y[0] >= y[1])
    throw Error("the region lies outside the picture of " + std::to_string(width) + " x " +
                std::to_string(height) + " pixels");
  return {x[0], y[0], x[1] - x[0], y[1] - y[0]};
}

void check_region(const std::string& text) {
  if (!text.empty()) parse_region(text);
}

}  // namespace priorseg
