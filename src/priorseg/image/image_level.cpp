#include "priorseg/image/image_level.h"

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "priorseg/core/error.h"

namespace priorseg {

ImageLevel parse_level(const std::string& text) {
  ImageLevel level;
  if (text.empty()) return level;
  constexpr std::string_view kUm = "um";
  const bool is_um = text.ends_with(kUm);
  const char* const end = text.data() + text.size() - (is_um ? kUm.size() : 0);
  const auto [behind, error] = is_um ? std::from_chars(text.data(), end, level.um_per_pixel)
                                     : std::from_chars(text.data(), end, level.number);
  const bool in_range =
      is_um ? level.um_per_pixel > 0 && std::isfinite(level.um_per_pixel) : level.number >= 0;
  if (error != std::errc() || behind != end || !in_range)
    throw Error("'" + text +
                "' is no level of a pyramid, expected its number (0 is the full picture) or the size of "
                "its pixels, such as 0.5um");
  return level;
}

void check_level(const std::string& text) { parse_level(text); }

int64_t choose_level(const std::vector<LevelSize>& levels, const ImageLevel& wanted) {
  if (wanted.um_per_pixel <= 0) {
    if (wanted.number >= 0 && wanted.number < static_cast<int64_t>(levels.size())) return wanted.number;
    throw Error("level " + std::to_string(wanted.number) + " is asked for, but there " +
                (levels.size() == 1 ? "is only level 0, the full picture"
                                    : "are levels 0 to " + std::to_string(levels.size() - 1)));
  }
  if (levels.front().um_per_pixel <= 0)
    throw Error(
        "a level is asked for by the size of its pixels, which the file does not say; give its number");
  constexpr double kRounding = 1.02;  // scales of levels are rarely exact
  int64_t chosen = 0;
  for (size_t i = 1; i < levels.size(); ++i)
    if (levels[i].um_per_pixel > 0 && levels[i].um_per_pixel <= wanted.um_per_pixel * kRounding)
      chosen = static_cast<int64_t>(i);
  return chosen;
}

}  // namespace priorseg
