#include "priorseg/core/device.h"

#include <torch/cuda.h>

#include "priorseg/core/error.h"

namespace priorseg {

c10::Device find_device(const std::string& name) {
  const bool is_cuda = name == "cuda" || name.starts_with("cuda:");
  const bool has_number = name.size() > 5 && name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (name != "cpu" && name != "cuda" && !(is_cuda && has_number))
    throw Error("device '" + name + "' is not known, expected cpu, cuda or cuda:NUMBER");
  if (name == "cpu") return c10::kCPU;
  const auto count = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
  if (count == 0) {
    throw Error("there is no CUDA device for '" + name +
                "', or LibTorch was built without CUDA; leave the device at cpu");
  }
  const c10::Device device(name);
  if (device.has_index() && static_cast<size_t>(device.index()) >= count) {
    throw Error("device '" + name + "' is not there, expected a number below " + std::to_string(count));
  }
  return device;
}

}  // namespace priorseg
