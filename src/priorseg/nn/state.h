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

}  // namespace priorseg
