#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "priorseg/core/error.h"

// An options struct lists each of its settings once, in a member template
//
//   template <class Visitor> void visit(Visitor& v) {
//     v("latent_size", latent_size, "numbers that describe a shape, 1 to 64");
//   }
//
// From this one list come the JSON form (settings.json, model files, --config), overrides (--set) and help texts.
namespace priorseg {

template <class Options>
concept VisitableOptions = requires(Options& options) {
  options.visit([](const char*, auto&, const char*) {});
};

template <VisitableOptions Options>
nlohmann::json options_to_json(const Options& options);
template <VisitableOptions Options>
void options_from_json(Options& options, const nlohmann::json& json, const std::string& where);

namespace detail {

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
      try {
        value = found->template get<T>();
      } catch (const nlohmann::json::exception&) {
        throw Error("setting '" + where + name + "' is " + found->dump() + ", expected " + expected<T>());
      }
    }
  }

 private:
  template <class T>
  static const char* expected() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
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
void options_from_json(Options& options, const nlohmann::json& json, const std::string& where = "") {
  if (!json.is_object()) throw Error("settings '" + where + "' are " + json.dump() + ", expected a JSON object");
  detail::FromJson visitor{json, where, {}};
  options.visit(visitor);
  for (const auto& [name, value] : json.items()) {
    if (std::find(visitor.known.begin(), visitor.known.end(), name) != visitor.known.end()) continue;
    std::string names;
    for (const auto& known : visitor.known) names += (names.empty() ? "" : ", ") + known;
    throw Error("setting '" + where + name + "' is not known; known are " + names);
  }
}

/// Sets one setting by its dotted name, e.g. ("detector.learning_rate", "1e-3"). The text is read as JSON where it is
/// JSON, as a plain text otherwise.
/// @throws Error as options_from_json.
template <VisitableOptions Options>
void set_option(Options& options, const std::string& dotted_name, const std::string& text) {
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  std::string rest = dotted_name;
  for (size_t dot = rest.rfind('.'); ; dot = rest.rfind('.')) {
    const std::string last = dot == std::string::npos ? rest : rest.substr(dot + 1);
    value = nlohmann::json{{last, value}};
    if (dot == std::string::npos) break;
    rest.resize(dot);
  }
  options_from_json(options, value);
}

}  // namespace priorseg
