#include "priorseg/output/report_picture.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/image_file.h"

namespace priorseg {

std::string report_picture(const torch::Tensor& rgb, int64_t longest_side) {
  check_shape(rgb, {std::nullopt, std::nullopt, 3}, "picture");
  if (rgb.scalar_type() != torch::kUInt8 || rgb.numel() == 0 || longest_side < 0) {
    throw Error("picture of " + std::string(rgb.dtype().name()) + " values with " +
                std::to_string(rgb.numel()) + " numbers and longest side " + std::to_string(longest_side) +
                ", expected uint8, at least one pixel and a side >= 0");
  }
  const torch::Tensor full = rgb.detach().cpu().contiguous();
  const int64_t side = std::max(full.size(0), full.size(1));
  if (longest_side == 0 || side <= longest_side) return encode_png(full);

  const auto reduced = [&](int64_t length) { return std::max<int64_t>(1, length * longest_side / side); };
  const torch::Tensor small = torch::empty({reduced(full.size(0)), reduced(full.size(1)), 3}, torch::kUInt8);
  const auto view = [](const torch::Tensor& picture) {
    return cv::Mat(static_cast<int>(picture.size(0)), static_cast<int>(picture.size(1)), CV_8UC3,
                   picture.data_ptr<uint8_t>());
  };
  cv::Mat target = view(small);
  cv::resize(view(full), target, target.size(), 0, 0, cv::INTER_AREA);
  return encode_png(small);
}

}  // namespace priorseg
