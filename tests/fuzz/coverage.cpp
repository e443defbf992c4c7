// What GCC's -fsanitize-coverage=trace-pc calls at every branch, counted where libFuzzer looks for counters
// that are not its own. (The calls at comparisons are libFuzzer's.)
#include <cstddef>
#include <cstdint>

namespace {

constexpr size_t kCounters = size_t{1} << 16;  // a few places share one

}  // namespace

extern "C" {

__attribute__((section("__libfuzzer_extra_counters"))) uint8_t priorseg_counters[kCounters];

__attribute__((no_sanitize_coverage, no_sanitize("address,undefined"))) void
__wrap___sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;
  uint8_t& counter = priorseg_counters[(place * kSpread) >> 48];
  if (counter < UINT8_MAX) ++counter;
}

// libFuzzer looks at whole numbers only.
__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_cmpf(float, float) {}
__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_cmpd(double, double) {}
}
