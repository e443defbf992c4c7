#pragma once

#include "priorseg/core/tensor.h"

/// The parts of find_artefacts(). Each leaves alone what is marked already, and marks what it finds.
/// `grey` is [H,W] float32 and finite, `kinds` is [H,W] uint8; both contiguous.
namespace priorseg {

/// Grey values that tell whether something stands out.
struct GreyLevels {
  double background = 0;  ///< the median
  double noise = 0;       ///< sigma of the difference between neighbours / sqrt(2)
  double contrast = 0;    ///< of objects: from the median to the quantiles 0.97 or 0.03, what is more
};

/// Of what is not marked.
GreyLevels measure_levels(const torch::Tensor& grey, const torch::Tensor& kinds);

void mark_padding(const torch::Tensor& grey, torch::Tensor& kinds);
void mark_burnt_in(const torch::Tensor& grey, torch::Tensor& kinds);
void mark_lines(const torch::Tensor& grey, torch::Tensor& kinds);
void mark_specks(const torch::Tensor& grey, torch::Tensor& kinds);

}  // namespace priorseg
