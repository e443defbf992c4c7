#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "priorseg/core/option_list.h"
#include "priorseg/core/options.h"

// The settings of an options struct as a JSON Schema (draft 2020-12): what another program needs to offer
// them.
namespace priorseg {

namespace detail {

inline void add_range(nlohmann::ordered_json&, AnyValue) {}

inline void add_range(nlohmann::ordered_json& schema, const NumberRange& range) {
  const auto limit = [](double value) { return nlohmann::ordered_json::parse(number_text(value)); };
  schema[range.excludes_ends ? "exclusiveMinimum" : "minimum"] = limit(range.low);
  if (std::isfinite(range.high))
    schema[range.excludes_ends ? "exclusiveMaximum" : "maximum"] = limit(range.high);
  if (range.unit != 0) schema["multipleOf"] = range.unit;
}

template <size_t N>
void add_range(nlohmann::ordered_json& schema, const NumberChoice<N>& choice) {
  schema["enum"] = choice.values;
}

template <class T, class Range>
nlohmann::ordered_json value_schema(const T& value, const Range& range, const char* help) {
  nlohmann::ordered_json schema;
  schema["type"] = json_type<T>();
  schema["description"] = help;
  schema["default"] = value_to_json(value);
  if constexpr (NamedEnum<T>) {
    schema["enum"] = all_names<T>();
  } else if constexpr (std::is_same_v<Range, ListRange>) {
    schema["minItems"] = range.shortest;
    schema["maxItems"] = range.longest;
    schema["items"]["type"] = json_type<typename T::value_type>();
    add_range(schema["items"], range.each);
  } else {
    add_range(schema, range);
  }
  return schema;
}

template <VisitableOptions Options>
nlohmann::ordered_json struct_schema(const Options& options) {
  nlohmann::ordered_json schema = {{"type", "object"}};
  auto& properties = schema["properties"] = nlohmann::ordered_json::object();
  for_each_setting(options,
                   [&]<class T>(const char* name, const T& value, const auto& range, const char* help) {
                     if constexpr (VisitableOptions<T>) {
                       properties[name] = struct_schema(value);
                       properties[name]["description"] = help;
                     } else {
                       properties[name] = value_schema(value, range, help);
                     }
                   });
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace detail

/// Names, types, ranges and meanings of the settings; their values in `options` are the defaults. Nested
/// structs are nested objects, in the order of the `visit` lists. Rules between settings are not part of it.
template <VisitableOptions Options>
nlohmann::ordered_json option_schema(const Options& options) {
  nlohmann::ordered_json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
  schema.update(detail::struct_schema(options));
  return schema;
}

}  // namespace priorseg
