#pragma once

#include <cstdint>
#include <string>

namespace priorseg {

/// A part of a picture, px.
struct PixelRegion {
  int64_t x = 0, y = 0, width = 0, height = 0;

  bool operator==(const PixelRegion&) const = default;
};

/// "X,Y,WIDTH,HEIGHT", whole numbers; the corner from 0 on, the sides > 0.
/// @throws Error where the text is none.
PixelRegion parse_region(const std::string& text);

/// A region of a picture as that of a copy with other numbers of pixels: what it covers there, whole pixels.
/// @throws Error where nothing of it lies inside the picture.
PixelRegion region_of_copy(const PixelRegion& region, int64_t height, int64_t width, int64_t copy_height,
                           int64_t copy_width);

/// @throws Error unless `text` is a region, or empty.
void check_region(const std::string& text);

}  // namespace priorseg
