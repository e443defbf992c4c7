#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/option_names.h"

// What a setting may be. Each kind of range can tell whether a value is within, and say itself in a text.
namespace priorseg {

/// Of settings whose type says it all: true or false, texts, named values, nested structs.
struct AnyValue {};

/// Finite numbers of an interval.
struct NumberRange {
  double low = 0, high = 0;    ///< inclusive; `high` may be infinity
  bool excludes_ends = false;  ///< low and high themselves are out of range
  int64_t unit = 0;            ///< only multiples of it; 0 = all numbers
};

/// One of a few whole numbers.
template <size_t N>
struct NumberChoice {
  std::array<int64_t, N> values;
};

/// Lists of numbers.
struct ListRange {
  int64_t shortest = 0, longest = 0;  ///< numbers of entries
  NumberRange each;
};

constexpr NumberRange between(double low, double high) { return {low, high}; }
/// Without low and high.
constexpr NumberRange inside(double low, double high) { return {low, high, true}; }
constexpr NumberRange at_least(double low) { return {low, std::numeric_limits<double>::infinity()}; }
constexpr NumberRange multiple_of(int64_t unit, double low, double high) { return {low, high, false, unit}; }
template <std::integral... T>
constexpr NumberChoice<sizeof...(T)> one_of(T... values) {
  return {{static_cast<int64_t>(values)...}};
}
constexpr ListRange list_of(int64_t shortest, int64_t longest, NumberRange each) {
  return {shortest, longest, each};
}

/// A number as a message shows it: 100000000, 0.05, 1e-08.
std::string number_text(double value);

/// "2 to 10000"
std::string range_text(const NumberRange& range);
/// "1 to 6 entries, each 1 to 1024"
std::string range_text(const ListRange& range);
/// "8 or 16" of {"8", "16"}, "1, 2 or 4" of {"1", "2", "4"}
std::string alternatives_text(const std::vector<std::string>& alternatives);

template <size_t N>
std::string range_text(const NumberChoice<N>& choice) {
  std::vector<std::string> texts;
  for (const int64_t value : choice.values) texts.push_back(std::to_string(value));
  return alternatives_text(texts);
}

/// "'paper' or 'greedy'"
template <NamedEnum T>
std::string names_text() {
  auto names = all_names<T>();
  for (auto& name : names) name = "'" + name + "'";
  return alternatives_text(names);
}

/// What a setting of type T may be, in words.
template <class T, class Range>
std::string allowed_text(const Range& range) {
  if constexpr (NamedEnum<T>) {
    return names_text<T>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else if constexpr (std::is_same_v<Range, AnyValue>) {
    return "any text";
  } else {
    return range_text(range);
  }
}

bool contains(const NumberRange& range, double value);
template <size_t N>
bool contains(const NumberChoice<N>& choice, double value) {
  for (const int64_t known : choice.values)
    if (value == static_cast<double>(known)) return true;
  return false;
}

/// @param name  of the setting, as the user knows it.
/// @throws Error "detector.size.min is 0, expected 2 to 10000" where `value` is out of range.
template <class T, class Range>
void check_value(const std::string& name, const T& value, const Range& range) {
  if constexpr (std::is_same_v<Range, ListRange>) {
    const auto length = static_cast<int64_t>(value.size());
    if (length < range.shortest || length > range.longest) {
      throw Error(name + " has " + std::to_string(length) + " entries, expected " +
                  std::to_string(range.shortest) + " to " + std::to_string(range.longest));
    }
    for (const auto entry : value) {
      const auto number = static_cast<double>(entry);
      if (!contains(range.each, number))
        throw Error(name + " holds " + number_text(number) + ", expected " + range_text(range.each));
    }
  } else if constexpr (!std::is_same_v<Range, AnyValue>) {
    const auto number = static_cast<double>(value);
    if (!contains(range, number))
      throw Error(name + " is " + number_text(number) + ", expected " + range_text(range));
  }
}

}  // namespace priorseg
