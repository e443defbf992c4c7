// at::parallel_for is a template that runs serially unless the file that uses it is compiled with OpenMP.
// This is the only such file, so that all others can share the precompiled LibTorch header.
#include "priorseg/core/parallel.h"

#include <ATen/Parallel.h>

namespace priorseg {

#if AT_PARALLEL_OPENMP && !defined(_OPENMP)
#error "compile this file with OpenMP: without it LibTorch's parallel_for runs on one thread"
#endif

void parallel_for(int64_t begin, int64_t end, int64_t grain,
                  const std::function<void(int64_t, int64_t)>& body) {
  at::parallel_for(begin, end, grain, body);
}

int64_t num_threads() { return at::get_num_threads(); }

}  // namespace priorseg
