#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "priorseg/core/options.h"

// The settings of an options struct as a flat list: what a user reads, and what the documentation is made
// from.
namespace priorseg {

/// One setting as a user names it.
struct OptionEntry {
  std::string name;      ///< dotted, as --set takes it: "detector.training.steps"
  std::string type;      ///< of its JSON form: "boolean", "integer", "number", "string" or "array"
  std::string allowed;   ///< "1 to 100000000", "'paper' or 'greedy'"
  nlohmann::json value;  ///< as in settings.json
  std::string help;      ///< meaning and unit
};

/// The type of a setting's JSON form as JSON Schema calls it.
template <class T>
constexpr const char* json_type() {
  if constexpr (std::is_same_v<T, bool>) return "boolean";
  if constexpr (std::is_integral_v<T>) return "integer";
  if constexpr (std::is_arithmetic_v<T>) return "number";
  if constexpr (std::is_same_v<T, std::string> || NamedEnum<T>) return "string";
  return "array";
}

namespace detail {

template <VisitableOptions Options>
void append_entries(const Options& options, const std::string& where, std::vector<OptionEntry>& entries) {
  for_each_setting(options, [&]<class T>(const char* name, const T& value, const auto& range,
                                         const char* help) {
    if constexpr (VisitableOptions<T>) {
      append_entries(value, where + name + ".", entries);
    } else {
      entries.push_back({where + name, json_type<T>(), allowed_text<T>(range), value_to_json(value), help});
    }
  });
}

}  // namespace detail

/// Every setting with its value in `options`, in the order of the `visit` lists; nested structs are resolved.
template <VisitableOptions Options>
std::vector<OptionEntry> list_options(const Options& options) {
  std::vector<OptionEntry> entries;
  detail::append_entries(options, "", entries);
  return entries;
}

}  // namespace priorseg
