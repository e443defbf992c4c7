#include "priorseg/core/option_range.h"

#include <cmath>
#include <sstream>

namespace priorseg {

std::string number_text(double value) {
  std::ostringstream text;
  constexpr double kExact = 1e15;  // whole numbers up to here are shown with all their digits
  const bool is_whole = std::trunc(value) == value && std::abs(value) < kExact;
  text.precision(is_whole ? 15 : 9);
  text << value;
  return text.str();
}

std::string range_text(const NumberRange& range) {
  const std::string low = number_text(range.low), high = number_text(range.high);
  if (range.excludes_ends) return "more than " + low + ", less than " + high;
  if (std::isinf(range.high)) return "at least " + low;
  const std::string interval = low + " to " + high;
  return range.unit == 0 ? interval : interval + ", a multiple of " + std::to_string(range.unit);
}

std::string range_text(const ListRange& range) {
  return std::to_string(range.shortest) + " to " + std::to_string(range.longest) + " entries, each " +
         range_text(range.each);
}

std::string alternatives_text(const std::vector<std::string>& alternatives) {
  std::string text;
  for (size_t i = 0; i < alternatives.size(); ++i) {
    const bool is_last = i + 1 == alternatives.size();
    text += (i == 0 ? "" : is_last ? " or " : ", ") + alternatives[i];
  }
  return text;
}

bool contains(const NumberRange& range, double value) {
  if (!std::isfinite(value)) return false;
  if (range.excludes_ends) return value > range.low && value < range.high;
  if (range.unit != 0 && std::fmod(value, static_cast<double>(range.unit)) != 0) return false;
  return value >= range.low && value <= range.high;
}

}  // namespace priorseg
