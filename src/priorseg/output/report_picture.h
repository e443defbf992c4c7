#pragma once

#include <torch/types.h>

#include <string>

namespace priorseg {

/// A picture as PNG bytes for a report, reduced (by area, so that nothing flickers) where it is larger than
/// `longest_side`: a report with dozens of full microscope images would be too large to open or to mail.
///
/// @param rgb           [H,W,3] uint8, any device.
/// @param longest_side  px, >= 1; 0 = never reduce.
/// @throws Error on another shape or dtype.
std::string report_picture(const torch::Tensor& rgb, int64_t longest_side = 800);

}  // namespace priorseg
