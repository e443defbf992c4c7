#include "priorseg/core/min_max.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

std::optional<double> number_from(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || last != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

MinMax parse_min_max(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const auto min = number_from(std::string_view(text).substr(0, colon));
    const auto max = number_from(std::string_view(text).substr(colon + 1));
    if (min && max && *min > 0 && *max >= *min) return {*min, *max};
  }
  throw Error("'" + text + "' is no range of sizes, expected MIN:MAX, e.g. 18:56");
}

SizeRangeText parse_size_range(const std::string& text) {
  std::string plain = text;
  int units = 0;
  for (const char* unit : {"um", "\xc2\xb5m", "\xce\xbcm"}) {
    for (size_t place = plain.find(unit); place != std::string::npos; place = plain.find(unit)) {
      const size_t end = place + std::string_view(unit).size();
      if (end != plain.size() && plain[end] != ':')
        throw Error("'" + text + "' is no range of sizes, expected MIN:MAX, e.g. 18:56 or 8um:25um");
      plain.erase(place, end - place);
      ++units;
    }
  }
  if (units == 0) return {parse_min_max(text), false};
  if (units == 1 && !text.ends_with('m'))
    throw Error("'" + text + "' has a unit behind its first number only, expected e.g. 8um:25um");
  return {parse_min_max(plain), true};
}

}  // namespace priorseg
