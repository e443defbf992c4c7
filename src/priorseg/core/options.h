#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/option_names.h"
#include "priorseg/core/option_range.h"

// An options struct lists each of its settings once, in a member template
//
//   template <class Visitor> void visit(Visitor& v) {
//     v("latent_size", latent_size, between(1, 64), "numbers that describe a shape");
//     v("kind", kind, "how they are drawn");
//   }
//
// Numbers and lists of numbers have a range (option_range.h). Named values (option_names.h), booleans and
// texts have none, and neither have nested structs of options. From this one list come the JSON form
// (settings.json, model files, --config), overrides (--set), the check of ranges, help texts and the
// documentation.
//
// Rules between several settings of a struct stand in `void check_rules(const std::string& where) const`,
// which throws Error; `where` is what stands before the struct's own names, e.g. "detector.size.".
namespace priorseg {

namespace detail {

template <class Each>
struct SettingVisitor {
  Each& each;

  template <class T>
  void operator()(const char* name, T& value, const char* help) {
    static_assert(
        std::is_same_v<T, bool> || std::is_same_v<T, std::string> || NamedEnum<T> ||
            requires(SettingVisitor & visitor) { value.visit(visitor); },
        "numbers have a range: v(name, value, between(low, high), help)");
    each(name, value, AnyValue{}, help);
  }
  template <class T, class Range>
  void operator()(const char* name, T& value, const Range& range, const char* help) {
    each(name, value, range, help);
  }
};

struct IgnoreSetting {
  void operator()(const char*, auto&, const auto&, const char*) const {}
};

}  // namespace detail

template <class Options>
concept VisitableOptions = requires(Options& options,
                                    detail::SettingVisitor<detail::IgnoreSetting>& visitor) {
  options.visit(visitor);
};

/// Calls each(name, value, range, help) for every setting, in the order of the list; a nested struct is one
/// of them.
template <VisitableOptions Options, class Each>
void for_each_setting(Options& options, Each&& each) {
  detail::SettingVisitor<std::remove_reference_t<Each>> visitor{each};
  options.visit(visitor);
}

template <VisitableOptions Options, class Each>
void for_each_setting(const Options& options, Each&& each) {
  for_each_setting(const_cast<Options&>(options),  // `each` only reads
                   [&each](const char* name, const auto& value, const auto& range, const char* help) {
                     each(name, value, range, help);
                   });
}

template <VisitableOptions Options>
nlohmann::json options_to_json(const Options& options);
template <VisitableOptions Options>
void options_from_json(Options& options, const nlohmann::json& json, const std::string& where = "");

namespace detail {

/// JSON as a message shows it, also where a text in it is not UTF-8.
inline std::string shown(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The JSON library would take true for 1, cut 2.5 to 2 and let -1 wrap around.
template <class T>
bool is_whole_number_of(const nlohmann::json& number) {
  if (number.is_number_unsigned()) return std::in_range<T>(number.get<uint64_t>());
  if (number.is_number_integer()) return std::in_range<T>(number.get<int64_t>());
  const double value = number.get<double>();
  constexpr double kExact = 9007199254740992.0;  // 2^53: above it a float may already be rounded
  return std::trunc(value) == value && std::abs(value) <= kExact &&
         std::in_range<T>(static_cast<int64_t>(value));
}

template <class T>
std::optional<T> read_value(const nlohmann::json& json) {
  if constexpr (NamedEnum<T>) {
    return json.is_string() ? find_named<T>(json.get<std::string>()) : std::nullopt;
  } else {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      if (!json.is_number()) return std::nullopt;
    }
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if (!is_whole_number_of<T>(json)) return std::nullopt;
    }
    try {
      return json.get<T>();
    } catch (const nlohmann::json::exception&) {
      return std::nullopt;
    }
  }
}

template <class T>
const char* expected_type() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_unsigned_v<T>) return "a whole number, not negative";
  if constexpr (std::is_integral_v<T>) return "a whole number";
  if constexpr (std::is_arithmetic_v<T>) return "a number";
  if constexpr (std::is_same_v<T, std::string>) return "a text";
  return "a list";
}

/// @throws Error where `json` is none of the values that T may have.
template <class T>
T value_from_json(const std::string& name, const nlohmann::json& json) {
  if (const auto value = read_value<T>(json)) return *value;
  if constexpr (NamedEnum<T>) {
    const std::string found = json.is_string() ? "'" + json.get<std::string>() + "'" : shown(json);
    throw Error(name + " is " + found + ", expected " + names_text<T>());
  } else {
    throw Error("setting '" + name + "' is " + shown(json) + ", expected " + expected_type<T>());
  }
}

}  // namespace detail

/// A setting in its JSON form.
template <class T>
nlohmann::json value_to_json(const T& value) {
  if constexpr (VisitableOptions<T>) {
    return options_to_json(value);
  } else if constexpr (NamedEnum<T>) {
    return name_of(value);
  } else {
    return value;
  }
}

/// All settings, nested structs as nested objects.
template <VisitableOptions Options>
nlohmann::json options_to_json(const Options& options) {
  auto json = nlohmann::json::object();
  for_each_setting(options, [&](const char* name, const auto& value, const auto&, const char*) {
    json[name] = value_to_json(value);
  });
  return json;
}

/// Overwrites the settings that `json` names and keeps the others.
/// @throws Error on an unknown name, or a value of the wrong type or out of range; `where` prefixes names in
/// messages.
template <VisitableOptions Options>
void options_from_json(Options& options, const nlohmann::json& json, const std::string& where) {
  if (!json.is_object()) {
    const std::string subject =
        where.empty() ? "the settings are " : "setting '" + where.substr(0, where.size() - 1) + "' is ";
    throw Error(subject + detail::shown(json) + ", expected a JSON object");
  }
  std::vector<std::string> known;
  for_each_setting(options, [&]<class T>(const char* name, T& value, const auto& range, const char*) {
    known.emplace_back(name);
    const auto found = json.find(name);
    if (found == json.end()) return;
    if constexpr (VisitableOptions<T>) {
      options_from_json(value, *found, where + name + ".");
    } else {
      auto read = detail::value_from_json<T>(where + name, *found);
      check_value(where + name, read, range);
      value = std::move(read);
    }
  });
  for (const auto& [name, value] : json.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string names;
    for (const auto& other : known) names += (names.empty() ? "" : ", ") + other;
    throw Error("setting '" + where + name + "' is not known; known are " + names);
  }
}

/// Checks the range of every setting, and the rules between them.
/// @throws Error naming the setting with `where` before its name, what was found and what is expected.
template <VisitableOptions Options>
void check_options(const Options& options, const std::string& where = "") {
  for_each_setting(options, [&]<class T>(const char* name, const T& value, const auto& range, const char*) {
    if constexpr (VisitableOptions<T>) {
      check_options(value, where + name + ".");
    } else {
      check_value(where + name, value, range);
    }
  });
  if constexpr (requires { options.check_rules(where); }) options.check_rules(where);
}

/// Sets one setting by its dotted name, e.g. ("detector.learning_rate", "1e-3"). The text is read as JSON
/// where it is JSON, as a plain text otherwise.
/// @throws Error as options_from_json.
template <VisitableOptions Options>
void set_option(Options& options, const std::string& dotted_name, const std::string& text) {
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  std::string rest = dotted_name;
  for (size_t dot = rest.rfind('.');; dot = rest.rfind('.')) {
    const std::string last = dot == std::string::npos ? rest : rest.substr(dot + 1);
    value = nlohmann::json{{last, value}};
    if (dot == std::string::npos) break;
    rest.resize(dot);
  }
  options_from_json(options, value);
}

/// "detector.size.min=3" in its two parts.
/// @throws Error where there is no '='.
inline std::pair<std::string, std::string> split_override(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) throw Error("'" + text + "' has no '=', expected NAME=VALUE");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// Sets one setting by a text NAME=VALUE.
/// @throws Error as the above.
template <VisitableOptions Options>
void set_option(Options& options, const std::string& name_and_value) {
  const auto [name, value] = split_override(name_and_value);
  set_option(options, name, value);
}

}  // namespace priorseg
