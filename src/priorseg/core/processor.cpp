#include "priorseg/core/processor.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string>
#include <thread>

#include "priorseg/core/address_space.h"
#include "priorseg/core/control_group.h"
#include "priorseg/core/error.h"

namespace priorseg {

namespace {

int cores_of_affinity() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

int cores_granted(int cores, std::optional<double> quota) {
  // A part of a processor rounds up: the thread more sleeps for a part of each period.
  if (quota && *quota < cores) cores = static_cast<int>(std::ceil(*quota));
  return std::max(1, cores);
}

int available_cores() {
  const int cores = cores_granted(cores_of_affinity(), processors_of_control_group());
  const auto limit = address_space_limit();
  return limit ? std::clamp(threads_that_fit(*limit), 1, cores) : cores;
}

void check_threads_fit(int threads) {
  const auto limit = address_space_limit();
  if (!limit || threads <= threads_that_fit(*limit)) return;
  throw Error("--threads " + std::to_string(threads) + ": the address space is limited to " +
              std::to_string(*limit / 1'000'000) + " MB (ulimit -v), enough for " +
              std::to_string(threads_that_fit(*limit)) + "; expected fewer threads or a higher limit");
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
