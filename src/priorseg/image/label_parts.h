#pragma once

#include <cstdint>
#include <string>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// The connected parts of the labels of a map. Pixels of one label that touch at a side or a corner are one
/// part.
struct LabelParts {
  torch::Tensor
      labels;  ///< [H,W] int32: a number for each part, from 1 on, by its first pixel; 0 = background
  int64_t num_labels = 0;     ///< of the map
  int64_t num_parts = 0;      ///< of the map
  int64_t scattered = 0;      ///< labels with a second part of at least a fifth of their largest one
  int32_t highest_label = 0;  ///< of the map
};

/// @param labels  [H,W] int32, >= 0.
LabelParts find_label_parts(const torch::Tensor& labels);

/// What to do with label maps whose labels lie in several parts.
enum class LabelSplit {
  kRefuseMasks,  ///< a map of one label in three parts or more is a mask, and refused
  kParts,        ///< each part is an object
};

/// A label map as `split` says.
/// @param labels  [H,W] int32, >= 0.
/// @param name    what messages call it.
/// @param doubt   gets what speaks against the labels, e.g. numbers that wrapped round at 256; may be null.
/// @throws Error where it is a mask.
torch::Tensor objects_of_labels(const torch::Tensor& labels, LabelSplit split, const std::string& name,
                                std::string* doubt = nullptr);

}  // namespace priorseg
