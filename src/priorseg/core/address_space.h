#pragma once

#include <cstdint>
#include <optional>

namespace priorseg {

/// OpenBLAS asks for memory that it does not get again and again, without an end. So what does not fit into
/// the address space of a process has to be told before the libraries are loaded.
///
/// What the program needs with small images: for its libraries and a model, and for each thread. Measured
/// with LibTorch 1.13 and OpenBLAS 0.3.21: 1.3 GB are enough for two threads, 1.2 GB are not; 1.6 GB for
/// four, 1.5 GB are not.
inline constexpr int64_t kLeastAddressSpace = 1'100'000'000;
inline constexpr int64_t kAddressSpaceOfThread = 150'000'000;

/// How many threads fit into so many bytes, 0 = not even one.
int threads_that_fit(int64_t bytes);

/// Bytes of address space that this process may use (`ulimit -v`, a queue's h_vmem); nothing = no limit.
std::optional<int64_t> address_space_limit();

}  // namespace priorseg
