#pragma once

#include "priorseg/core/tensor.h"

namespace cv {
class Mat;
}

namespace priorseg {

/// A matrix of the same memory, for files that work with OpenCV.
/// @param map  [H,W] float32, contiguous.
cv::Mat view_of(const torch::Tensor& map);

}  // namespace priorseg
