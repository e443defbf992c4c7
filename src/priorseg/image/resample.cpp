#include "priorseg/image/resample.h"

#include <opencv2/imgproc.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

/// Indices of a line of `length` pixels mirrored on both sides: ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
torch::Tensor mirrored_indices(int64_t length, int64_t before, int64_t after) {
  const auto place = torch::arange(-before, length + after, torch::kInt64).remainder(2 * length);
  return torch::where(place < length, place, 2 * length - 1 - place);
}

}  // namespace

torch::Tensor resize_image(const torch::Tensor& grey, std::array<int64_t, 2> size) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0 || size[0] < 1 || size[1] < 1)
    throw Error("cannot resize an image to or from no pixels");
  if (grey.size(0) == size[0] && grey.size(1) == size[1]) return grey;
  const auto source = grey.contiguous();
  const cv::Mat from(static_cast<int>(source.size(0)), static_cast<int>(source.size(1)), CV_32F,
                     source.data_ptr<float>());
  auto result = torch::empty({size[0], size[1]}, torch::kFloat32);
  cv::Mat to(static_cast<int>(size[0]), static_cast<int>(size[1]), CV_32F, result.data_ptr<float>());
  const bool shrinks = size[0] < grey.size(0);
  cv::resize(from, to, to.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

torch::Tensor pad_mirrored(const torch::Tensor& grey, int64_t top, int64_t bottom, int64_t left,
                           int64_t right) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0) throw Error("cannot pad an image without pixels");
  return grey.index_select(0, mirrored_indices(grey.size(0), top, bottom))
      .index_select(1, mirrored_indices(grey.size(1), left, right));
}

}  // namespace priorseg
