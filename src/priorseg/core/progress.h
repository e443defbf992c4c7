#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace priorseg {

/// How far a long computation is. The library never prints: it reports here, the program shows it.
struct Progress {
  std::string stage;                                   ///< e.g. "train prior"
  int64_t done = 0;                                    ///< units finished
  int64_t total = 0;                                   ///< units in all
  std::vector<std::pair<std::string, double>> values;  ///< figures worth showing, e.g. {"loss", 0.7}
};
using ProgressCallback = std::function<void(const Progress&)>;

/// A warning or a piece of information for the user, one line.
using MessageCallback = std::function<void(const std::string&)>;

}  // namespace priorseg
