#pragma once

#include <string>

namespace priorseg {

/// A range of sizes as the command line takes it.
struct MinMax {
  double min = 0, max = 0;
};

/// Reads "MIN:MAX".
/// @throws Error unless these are two numbers with 0 < MIN <= MAX.
MinMax parse_min_max(const std::string& text);

}  // namespace priorseg
