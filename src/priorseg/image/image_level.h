#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace priorseg {

/// Which level of a pyramid is meant.
struct ImageLevel {
  int64_t number = 0;       ///< 0 is the full picture
  double um_per_pixel = 0;  ///< > 0: the smallest level whose pixels are no larger, in the place of `number`
};

/// "2", or the size of pixels "0.5um"; empty: the full picture.
/// @throws Error where the text is none of these.
ImageLevel parse_level(const std::string& text);

/// @throws Error unless parse_level() takes `text`.
void check_level(const std::string& text);

/// What is known of one level of a pyramid.
struct LevelSize {
  int64_t height = 0, width = 0;  ///< px
  double um_per_pixel = 0;        ///< 0 = not known
};

/// The number of the level that is meant.
/// @param levels  the full picture first, not empty.
/// @throws Error where there is none, or the size of its pixels is asked for and not known.
int64_t choose_level(const std::vector<LevelSize>& levels, const ImageLevel& wanted);

}  // namespace priorseg
