#pragma once

// torch::Tensor alone: a quarter of what <torch/types.h> costs to compile. For headers, and for sources that
// hand tensors on without computing.
#include <ATen/core/Tensor.h>

namespace torch {
using namespace at;  // as <torch/types.h> has it
}  // namespace torch
