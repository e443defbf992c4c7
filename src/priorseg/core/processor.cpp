#include "priorseg/core/processor.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>

#include "priorseg/core/error.h"

namespace priorseg {

int available_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void check_processor_is_described() {
#ifdef __linux__
  if (access("/proc/cpuinfo", R_OK) == 0) return;
  throw Error(std::string("/proc/cpuinfo cannot be read (") + std::strerror(errno) +
              "), expected the description of the processor that Linux gives there; mount it with "
              "'mount -t proc proc /proc', or start the container with /proc");
#endif
}

}  // namespace priorseg
