#pragma once

#include <string>

namespace priorseg {

/// Checks a setting of an options struct.
/// @throws Error "training.steps is 0, expected 1 to 100000000" where `value` is not in [low, high] or no
/// number.
void check_range(const std::string& name, double value, double low, double high);

}  // namespace priorseg
