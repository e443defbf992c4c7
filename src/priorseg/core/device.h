#pragma once

#include <c10/core/Device.h>

#include <string>

namespace priorseg {

/// The device of that name, as LibTorch writes it: "cpu", "cuda" or "cuda:1".
/// @throws Error if there is no such kind of device, or this machine has none (or this LibTorch was built
/// without it).
c10::Device find_device(const std::string& name);

}  // namespace priorseg
