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
  nlohmann::json value;  ///< as in settings.json
  std::string help;      ///< meaning, unit and range
};

namespace detail {

struct ListEntries {
  std::string where;
  std::vector<OptionEntry>& entries;
  template <class T>
  void operator()(const char* name, T& value, const char* help) {
    if constexpr (VisitableOptions<T>) {
      ListEntries inner{where + name + ".", entries};
      value.visit(inner);
    } else {
      entries.push_back({where + name, value, help});
    }
  }
};

}  // namespace detail

/// Every setting with its value in `options`, in the order of the `visit` lists; nested structs are resolved.
template <VisitableOptions Options>
std::vector<OptionEntry> list_options(const Options& options) {
  std::vector<OptionEntry> entries;
  detail::ListEntries visitor{"", entries};
  const_cast<Options&>(options).visit(visitor);  // the visitor only reads
  return entries;
}

}  // namespace priorseg
