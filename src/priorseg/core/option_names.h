#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// A setting that is one of a few things is an enumeration. It is made together with its names:
//
//   enum class NmsRule { kPaper, kGreedy };
//
//   constexpr auto option_names(NmsRule) {
//     return std::array{std::pair{NmsRule::kPaper, "paper"}, std::pair{NmsRule::kGreedy, "greedy"}};
//   }
//
// Settings files, the command line and messages speak of the names, the code of the values.
namespace priorseg {

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires {
  option_names(T{});
};

template <NamedEnum T>
constexpr const char* name_of(T value) {
  for (const auto& [known, name] : option_names(value))
    if (known == value) return name;
  throw std::logic_error("a value of an enumeration has no name");
}

/// The value of this name, or nothing.
template <NamedEnum T>
constexpr std::optional<T> find_named(std::string_view name) {
  for (const auto& [value, known] : option_names(T{}))
    if (name == known) return value;
  return std::nullopt;
}

template <NamedEnum T>
std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& [value, name] : option_names(T{})) names.emplace_back(name);
  return names;
}

}  // namespace priorseg
