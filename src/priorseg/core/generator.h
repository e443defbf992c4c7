#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>

namespace priorseg {

/// A generator of random numbers for LibTorch's functions, apart from its global one, which belongs to
/// whoever uses the library. Its numbers are those of the global generator after torch::manual_seed(seed).
///
/// It lies on the processor. What it draws is moved to where it is used, so that every device sees the same
/// numbers. One thread at a time.
at::Generator torch_generator(uint64_t seed);

}  // namespace priorseg
