#include "priorseg/nn/pool_loops.h"

#include <algorithm>

#include "priorseg/core/cpu_clones.h"
#include "priorseg/core/parallel.h"

namespace priorseg {
namespace {

template <class Bits>
PRIORSEG_INLINE void pool_row(const PoolSizes& s, const Bits* __restrict upper, const Bits* __restrict lower,
                              Bits* __restrict pooled) {
  const int64_t channels = s.channels;
  for (int64_t x = 0; x < s.width / 2; ++x) {
    for (int64_t c = 0; c < channels; ++c) {
      const Bits above = std::max(upper[c], upper[channels + c]);
      const Bits below = std::max(lower[c], lower[channels + c]);
      pooled[c] = std::max(Bits{0}, std::max(above, below));
    }
    upper += 2 * channels;
    lower += 2 * channels;
    pooled += channels;
  }
}

PRIORSEG_CPU_CLONES void pool_row(const PoolSizes& s, const int32_t* upper, const int32_t* lower,
                                  int32_t* pooled) {
  pool_row<int32_t>(s, upper, lower, pooled);
}

PRIORSEG_CPU_CLONES void pool_row(const PoolSizes& s, const int16_t* upper, const int16_t* lower,
                                  int16_t* pooled) {
  pool_row<int16_t>(s, upper, lower, pooled);
}

}  // namespace

template <class Bits>
void relu_and_pool(const PoolSizes& s, const Bits* features, Bits* pooled) {
  const int64_t height = s.height / 2, row = s.width * s.channels;
  parallel_for(0, s.images * height, 8, [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r) {
      const Bits* upper = features + (r / height * s.height + r % height * 2) * row;
      pool_row(s, upper, upper + row, pooled + r * (s.width / 2) * s.channels);
    }
  });
}

template void relu_and_pool(const PoolSizes&, const int32_t*, int32_t*);
template void relu_and_pool(const PoolSizes&, const int16_t*, int16_t*);

}  // namespace priorseg
