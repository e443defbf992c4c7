#include "priorseg/image/local_maximum.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "priorseg/image/opencv_view.h"

namespace priorseg {
namespace {

/// How the brightest value of a neighbourhood is looked for: by dilation of a reduced copy, because only its
/// coarse course matters.
struct Neighbourhood {
  explicit Neighbourhood(double radius)
      : sigma(std::max(1.0, radius / 16)),
        shrink(std::max(1.0, radius / 12)),
        reach(std::max(1, static_cast<int>(std::lround(radius / shrink)))) {}

  int64_t reduced(int64_t length) const {
    return std::max<int64_t>(1, std::lround(static_cast<double>(length) / shrink));
  }

  double sigma;   // px; the peak of noise or of a bright spot is not the brightness of an object
  double shrink;  // px per px of the reduced copy
  int reach;      // px of the reduced copy
};

torch::Tensor gaussian_of(const torch::Tensor& values, double sigma) {
  auto result = torch::empty_like(values);
  cv::Mat to = view_of(result);
  cv::GaussianBlur(view_of(values), to, {}, sigma, 0, cv::BORDER_REFLECT_101);
  return result;
}

/// The brightest value within `reach`, smoothed.
torch::Tensor spread_brightest(const torch::Tensor& small, int reach) {
  auto result = torch::empty_like(small);
  cv::Mat to = view_of(result);
  const auto disk = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1});
  cv::dilate(view_of(small), to, disk, {-1, -1}, 1, cv::BORDER_REFLECT_101);
  cv::GaussianBlur(to, to, {}, reach / 3.0, 0, cv::BORDER_REFLECT_101);
  return result;
}

/// What of a resized copy is made of the pixels of a window alone.
ImageWindow window_inside(std::array<int64_t, 2> whole, std::array<int64_t, 2> size,
                          const ImageWindow& given) {
  const auto inside = [](int64_t length, int64_t new_length, RowRange range) {
    const double scale = static_cast<double>(new_length) / static_cast<double>(length);
    const auto first = static_cast<int64_t>(std::ceil(static_cast<double>(range.first) * scale));
    const auto last = static_cast<int64_t>(std::floor(static_cast<double>(range.last) * scale));
    return RowRange{std::min(first, new_length - 1), std::clamp<int64_t>(last, first + 1, new_length)};
  };
  ImageWindow wanted{inside(whole[0], size[0], given.rows), inside(whole[1], size[1], given.columns)};
  // Rounding may let the outermost pixels reach out.
  const auto source = source_window(whole, size, wanted);
  wanted.rows.first += source.rows.first < given.rows.first;
  wanted.rows.last -= source.rows.last > given.rows.last;
  wanted.columns.first += source.columns.first < given.columns.first;
  wanted.columns.last -= source.columns.last > given.columns.last;
  return wanted;
}

/// Indices `wanted` of a line of which those of `held` are there, the nearest one for the others.
torch::Tensor nearest_indices(RowRange wanted, RowRange held) {
  return torch::arange(wanted.first, wanted.last, torch::kInt64).clamp(held.first, held.last - 1) -
         held.first;
}

}  // namespace

torch::Tensor local_maximum(const torch::Tensor& values, double radius) {
  const Neighbourhood around(radius);
  const auto smooth = gaussian_of(values, around.sigma);
  auto small =
      torch::empty({around.reduced(values.size(0)), around.reduced(values.size(1))}, torch::kFloat32);
  cv::Mat reduced = view_of(small);
  cv::resize(view_of(smooth), reduced, reduced.size(), 0, 0, cv::INTER_AREA);
  const auto brightest = spread_brightest(small, around.reach);
  auto result = torch::empty_like(values);
  cv::Mat to = view_of(result);
  cv::resize(view_of(brightest), to, to.size(), 0, 0, cv::INTER_LINEAR);
  return result;
}

torch::Tensor local_maximum_of_part(const torch::Tensor& values, double radius, int64_t height, int64_t width,
                                    int64_t top, int64_t left) {
  const Neighbourhood around(radius);
  const std::array<int64_t, 2> whole = {height, width};
  const std::array<int64_t, 2> reduced = {around.reduced(height), around.reduced(width)};
  const ImageWindow here{{top, top + values.size(0)}, {left, left + values.size(1)}};
  const auto held = window_inside(whole, reduced, here);
  const auto small = resize_window(gaussian_of(values, around.sigma), here, whole, reduced, held);
  const auto brightest = spread_brightest(small, around.reach);
  const auto needed = source_window(reduced, whole, here);
  const auto known = brightest.index_select(0, nearest_indices(needed.rows, held.rows))
                         .index_select(1, nearest_indices(needed.columns, held.columns));
  return resize_window(known, needed, reduced, whole, here);
}

}  // namespace priorseg
