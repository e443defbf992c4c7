#pragma once

#include <string>

namespace priorseg {

/// A range of sizes as the command line takes it.
struct MinMax {
  double min = 0, max = 0;
};

/// A range of object sizes as a user says it, in px or in micrometres.
struct SizeRangeText {
  MinMax range;
  bool is_in_um = false;
};

/// Reads "18:56" (px) or "8um:25um"; the unit may stand behind the second number alone.
/// @throws Error as parse_min_max.
SizeRangeText parse_size_range(const std::string& text);

/// Reads "MIN:MAX".
/// @throws Error unless these are two numbers with 0 < MIN <= MAX.
MinMax parse_min_max(const std::string& text);

}  // namespace priorseg
