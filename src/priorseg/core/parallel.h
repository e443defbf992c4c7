#pragma once

#include <cstdint>
#include <functional>

namespace priorseg {

/// Splits [begin, end) among the threads of LibTorch (torch::set_num_threads) and calls `body(first, last)`
/// on each piece. Pieces run in any order; an exception of `body` reaches the caller. Runs serially inside
/// another such call.
///
/// @param grain  least number of steps worth a thread of their own, > 0.
void parallel_for(int64_t begin, int64_t end, int64_t grain,
                  const std::function<void(int64_t, int64_t)>& body);

/// The number of threads parallel_for may use.
int64_t num_threads();

}  // namespace priorseg
