#pragma once

#include <optional>

namespace priorseg {

/// The cores that this process may use, at least 1: those of its affinity mask, and no more than its control
/// group grants it time for, or than threads fit into its address space (address_space.h).
int available_cores();

/// The rule of available_cores.
/// @param cores  of the affinity mask. @param quota  of the control group, in processors; nothing = no limit.
int cores_granted(int cores, std::optional<double> quota);

/// @throws Error if so many threads do not fit into the address space that this process may use.
void check_threads_fit(int threads);

/// LibTorch reads in /proc what the processor can do, and ends the process with an assertion where it cannot.
/// @throws Error where that is so.
void check_processor_is_described();

}  // namespace priorseg
