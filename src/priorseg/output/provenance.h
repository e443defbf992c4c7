#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace priorseg {

/// What a result was made with: it stands in every format that has a place for it.
struct Provenance {
  std::string model;        ///< "sha1:" and the hash of the model; empty = unknown
  nlohmann::json settings;  ///< with which objects were looked for, as far as the model does not fix them

  /// {"program": "priorseg 0.2.0", "model": "sha1:...", "settings": {...}}
  nlohmann::json to_json() const;
  /// The same as lines "name=value" of a TIFF's description, without the program, which has a tag of its own.
  std::string to_lines() const;
};

/// "priorseg 0.2.0"
std::string program_name();

}  // namespace priorseg
