#pragma once

#include <torch/types.h>

#include <initializer_list>
#include <optional>
#include <string>

namespace priorseg {

/// One expected dimension: a number, or std::nullopt for "any".
using ExpectedDim = std::optional<int64_t>;

/// Checks the shape of a tensor once, at the entrance of a public function.
///
/// @param tensor    any tensor.
/// @param expected  one entry a dimension; std::nullopt accepts any length.
/// @param name      how the message calls the tensor, e.g. "boxes".
/// @throws Error "boxes has shape [3,5], expected [*,4]" on a mismatch or an undefined tensor.
void check_shape(const torch::Tensor& tensor, std::initializer_list<ExpectedDim> expected,
                 const std::string& name);

}  // namespace priorseg
