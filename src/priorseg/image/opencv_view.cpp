#include "priorseg/image/opencv_view.h"

#include <torch/types.h>

#include <opencv2/core.hpp>

namespace priorseg {

cv::Mat view_of(const torch::Tensor& map) {
  return {static_cast<int>(map.size(0)), static_cast<int>(map.size(1)), CV_32F, map.data_ptr<float>()};
}

}  // namespace priorseg
