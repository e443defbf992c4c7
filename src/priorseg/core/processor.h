#pragma once

namespace priorseg {

/// The cores that this process may use, at least 1.
int available_cores();

/// LibTorch reads in /proc what the processor can do, and ends the process with an assertion where it cannot.
/// @throws Error where that is so.
void check_processor_is_described();

}  // namespace priorseg
