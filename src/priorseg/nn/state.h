#pragma once

#include <torch/nn.h>
#include <torch/types.h>

#include <map>
#include <string>

namespace priorseg {

/// Copies every parameter and buffer of `module` into `tensors` under `prefix` + its name.
void collect_state(const torch::nn::Module& module, const std::string& prefix,
                   std::map<std::string, torch::Tensor>& tensors);

/// Fills every parameter and buffer of `module` from `tensors`.
/// @throws Error where one is missing or has another shape: the file belongs to other settings.
void restore_state(torch::nn::Module& module, const std::string& prefix,
                   const std::map<std::string, torch::Tensor>& tensors);

/// Fills every parameter and buffer of `to` from `from`, a network of the same settings on any device.
void copy_state(const torch::nn::Module& from, torch::nn::Module& to);

/// Where the weights of a network are.
torch::Device device_of(const torch::nn::Module& module);

}  // namespace priorseg
