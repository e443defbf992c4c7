#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"

// An options struct lists each of its settings once, in a member template
//
//   template <class Visitor> void visit(Visitor& v) {
//     v("latent_size", latent_size, "numbers that describe a shape, 1 to 64");
//   }
//
// From this one list come the JSON form (settings.json, model files, --config), overrides (--set) and help
// texts.
namespace priorseg {

namespace detail {
struct IgnoreSettings {
  void operator()(const char*, auto&, const char*) {}
};
}  // namespace detail

template <class Options>
concept VisitableOptions = requires(Options& options, detail::IgnoreSettings& visitor) {
  options.visit(visitor);
};

template <VisitableOptions Options>
nlohmann::json options_to_json(const Options& options);
template <VisitableOptions Options>
void options_from_json(Options& options, const nlohmann::json& json, const std::string& where = "");

namespace detail {

/// JSON as a message shows it, also where a text in it is not UTF-8.
inline std::string shown(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

struct ToJson {
  nlohmann::json json = nlohmann::json::object();
  template <class T>
  void operator()(const char* name, T& value, const char*) {
    if constexpr (VisitableOptions<T>) {
      json[name] = options_to_json(value);
    } else {
      json[name] = value;
    }
  }
};

struct FromJson {
  const nlohmann::json& json;
  const std::string& where;
  std::vector<std::string> known;
  template <class T>
  void operator()(const char* name, T& value, const char*) {
    known.emplace_back(name);
    const auto found = json.find(name);
    if (found == json.end()) return;
    if constexpr (VisitableOptions<T>) {
      options_from_json(value, *found, where + name + ".");
    } else {
      if (!read(*found, value)) {
        throw Error("setting '" + where + name + "' is " + shown(*found) + ", expected " + expected<T>());
      }
    }
  }

 private:
  // The JSON library would take true for 1, cut 2.5 to 2 and let -1 wrap around.
  template <class T>
  static bool read(const nlohmann::json& json, T& value) {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      if (!json.is_number()) return false;
    }
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if (!is_whole_number_of<T>(json)) return false;
    }
    try {
      value = json.get<T>();
    } catch (const nlohmann::json::exception&) {
      return false;
    }
    return true;
  }

  template <class T>
  static bool is_whole_number_of(const nlohmann::json& number) {
    if (number.is_number_unsigned()) return std::in_range<T>(number.get<uint64_t>());
    if (number.is_number_integer()) return std::in_range<T>(number.get<int64_t>());
    const double value = number.get<double>();
    constexpr double kExact = 9007199254740992.0;  // 2^53: above it a float may already be rounded
    return std::trunc(value) == value && std::abs(value) <= kExact &&
           std::in_range<T>(static_cast<int64_t>(value));
  }

  template <class T>
  static const char* expected() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_unsigned_v<T>) return "a whole number, not negative";
    if constexpr (std::is_integral_v<T>) return "a whole number";
    if constexpr (std::is_arithmetic_v<T>) return "a number";
    if constexpr (std::is_same_v<T, std::string>) return "a text";
    return "a list";
  }
};

}  // namespace detail

/// All settings, nested structs as nested objects.
template <VisitableOptions Options>
nlohmann::json options_to_json(const Options& options) {
  detail::ToJson visitor;
  const_cast<Options&>(options).visit(visitor);  // the visitor only reads
  return visitor.json;
}

/// Overwrites the settings that `json` names and keeps the others.
/// @throws Error on an unknown name or a value of the wrong type; `where` prefixes names in messages.
template <VisitableOptions Options>
void options_from_json(Options& options, const nlohmann::json& json, const std::string& where) {
  if (!json.is_object()) {
    const std::string subject =
        where.empty() ? "the settings are " : "setting '" + where.substr(0, where.size() - 1) + "' is ";
    throw Error(subject + detail::shown(json) + ", expected a JSON object");
  }
  detail::FromJson visitor{json, where, {}};
  options.visit(visitor);
  for (const auto& [name, value] : json.items()) {
    if (std::find(visitor.known.begin(), visitor.known.end(), name) != visitor.known.end()) continue;
    std::string names;
    for (const auto& known : visitor.known) names += (names.empty() ? "" : ", ") + known;
    throw Error("setting '" + where + name + "' is not known; known are " + names);
  }
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

}  // namespace priorseg
