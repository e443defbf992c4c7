#pragma once

#include <cstdint>
#include <random>
#include <string_view>

namespace priorseg {

/// Seeded random numbers. Every random choice of the project draws from one of these (or from a torch
/// generator seeded by one), so that a run is repeatable from its single seed.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  /// An independent stream for a named purpose, e.g. Random(seed).stream("crops"): adding draws to one
  /// purpose does not shift those of another.
  Random stream(std::string_view purpose) const;

  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(engine_);
  }
  double normal(double mean, double sigma) { return std::normal_distribution<double>(mean, sigma)(engine_); }
  /// Integer in [low, high], both included.
  int64_t integer(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine_);
  }
  bool chance(double probability) { return uniform(0.0, 1.0) < probability; }
  uint64_t seed() { return engine_(); }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace priorseg
