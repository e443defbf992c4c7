#include "priorseg/core/address_space.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace priorseg {

int threads_that_fit(int64_t bytes) {
  const int64_t left = std::max<int64_t>(0, bytes - kLeastAddressSpace);
  return static_cast<int>(std::min<int64_t>(left / kAddressSpaceOfThread, std::numeric_limits<int>::max()));
}

std::optional<int64_t> address_space_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return static_cast<int64_t>(std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<int64_t>::max()));
}

}  // namespace priorseg
