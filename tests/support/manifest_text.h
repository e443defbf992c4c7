#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace priorseg::test {

/// Of two jobs on the same images the manifests differ by their times only.
/// @param manifest  content of a manifest.jsonl.
inline std::string manifest_without_times(const std::string& manifest) {
  std::istringstream lines(manifest);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    auto image = nlohmann::json::parse(line);
    image.erase("finished");
    image.erase("seconds");
    result += image.dump() + "\n";
  }
  return result;
}

}  // namespace priorseg::test
