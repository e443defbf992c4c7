#include "priorseg/core/random.h"

namespace priorseg {

Random Random::stream(std::string_view purpose) const {
  uint64_t hash = 1469598103934665603ull;  // FNV-1a: stable across platforms, unlike std::hash
  for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  std::mt19937_64 engine = engine_;
  return Random(engine() ^ hash);
}

}  // namespace priorseg
