#include "priorseg/image/resample.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/parallel.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/image/opencv_view.h"

namespace priorseg {
namespace {

/// Indices of a line of `length` pixels mirrored on both sides: ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
torch::Tensor mirrored_indices(int64_t length, int64_t before, int64_t after) {
  const auto place = torch::arange(-before, length + after, torch::kInt64).remainder(2 * length);
  return torch::where(place < length, place, 2 * length - 1 - place);
}

/// Which pixels of a line make up one pixel of the resized line, and how much each counts.
struct Taps {
  int64_t first = 0;
  std::vector<float> weights;
};

Taps area_taps(double begin, double end, int64_t length) {
  Taps taps;
  taps.first = std::min(static_cast<int64_t>(begin), length - 1);
  const auto last = std::clamp(static_cast<int64_t>(std::ceil(end - 1e-9)), taps.first + 1, length);
  double sum = 0;
  std::vector<double> shares;
  for (int64_t i = taps.first; i < last; ++i) {
    const auto pixel = static_cast<double>(i);
    shares.push_back(std::max(0.0, std::min(end, pixel + 1) - std::max(begin, pixel)));
    sum += shares.back();
  }
  for (const double share : shares) taps.weights.push_back(static_cast<float>(share / sum));
  return taps;
}

Taps linear_taps(double centre, int64_t length) {
  const double place = std::clamp(centre - 0.5, 0.0, static_cast<double>(length - 1));
  const auto first = static_cast<int64_t>(place);
  const auto share = static_cast<float>(place - static_cast<double>(first));
  if (share == 0 || first + 1 == length) return {first, {1.0f}};
  return {first, {1 - share, share}};
}

/// Taps of pixel `index` of a line that goes from `length` to `new_length` pixels.
Taps taps_of(int64_t index, int64_t length, int64_t new_length, bool shrinks) {
  const double step = static_cast<double>(length) / static_cast<double>(new_length);
  const auto place = static_cast<double>(index);
  return shrinks ? area_taps(place * step, (place + 1) * step, length)
                 : linear_taps((place + 0.5) * step, length);
}

/// @param what  they are, for the message.
void check_covers(RowRange source, RowRange needed, RowRange wanted, const char* what) {
  if (needed.first >= source.first && needed.last <= source.last && wanted.first < wanted.last) return;
  const auto range = [what](RowRange range) {
    return std::string(what) + " " + std::to_string(range.first) + " to " + std::to_string(range.last);
  };
  throw Error("cannot resize from " + range(source) + ", expected " + range(needed));
}

}  // namespace

torch::Tensor resize_image(const torch::Tensor& grey, std::array<int64_t, 2> size) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0 || size[0] < 1 || size[1] < 1)
    throw Error("cannot resize an image to or from no pixels");
  if (grey.size(0) == size[0] && grey.size(1) == size[1]) return grey;
  const auto source = grey.contiguous();
  const cv::Mat from = view_of(source);
  auto result = torch::empty({size[0], size[1]}, torch::kFloat32);
  cv::Mat to = view_of(result);
  const bool shrinks = size[0] < grey.size(0);
  cv::resize(from, to, to.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

RowRange source_rows(int64_t height, int64_t new_height, RowRange wanted) {
  const auto first = taps_of(wanted.first, height, new_height, new_height < height);
  const auto last = taps_of(wanted.last - 1, height, new_height, new_height < height);
  return {first.first, last.first + std::ssize(last.weights)};
}

ImageWindow source_window(std::array<int64_t, 2> whole, std::array<int64_t, 2> size,
                          const ImageWindow& wanted) {
  const bool shrinks = size[0] < whole[0];  // as resize_image decides, of both axes
  const auto source = [shrinks](int64_t length, int64_t new_length, RowRange range) {
    const auto last = taps_of(range.last - 1, length, new_length, shrinks);
    return RowRange{taps_of(range.first, length, new_length, shrinks).first,
                    last.first + std::ssize(last.weights)};
  };
  return {source(whole[0], size[0], wanted.rows), source(whole[1], size[1], wanted.columns)};
}

torch::Tensor resize_window(const torch::Tensor& pixels, const ImageWindow& source,
                            std::array<int64_t, 2> whole, std::array<int64_t, 2> size,
                            const ImageWindow& wanted) {
  check_shape(pixels, {source.height(), source.width()}, "pixels");
  const auto needed = source_window(whole, size, wanted);
  check_covers(source.rows, needed.rows, wanted.rows, "rows");
  check_covers(source.columns, needed.columns, wanted.columns, "columns");
  const bool shrinks = size[0] < whole[0];
  std::vector<Taps> columns;
  for (int64_t x = wanted.columns.first; x < wanted.columns.last; ++x) {
    columns.push_back(taps_of(x, whole[1], size[1], shrinks));
    columns.back().first -= source.columns.first;
  }
  const auto from = pixels.contiguous();
  const int64_t width = source.width();
  auto result = torch::empty({wanted.height(), wanted.width()}, torch::kFloat32);
  parallel_for(wanted.rows.first, wanted.rows.last, 16, [&](int64_t begin, int64_t end) {
    std::vector<float> line(static_cast<size_t>(width));
    for (int64_t y = begin; y < end; ++y) {
      const Taps taps = taps_of(y, whole[0], size[0], shrinks);
      std::fill(line.begin(), line.end(), 0.0f);
      for (size_t i = 0; i < taps.weights.size(); ++i) {
        const float* row =
            from.data_ptr<float>() + (taps.first + static_cast<int64_t>(i) - source.rows.first) * width;
        for (int64_t x = 0; x < width; ++x) line[x] += taps.weights[i] * row[x];
      }
      float* to = result.data_ptr<float>() + (y - wanted.rows.first) * wanted.width();
      for (size_t x = 0; x < columns.size(); ++x) {
        float sum = 0;
        for (size_t i = 0; i < columns[x].weights.size(); ++i)
          sum += columns[x].weights[i] * line[columns[x].first + static_cast<int64_t>(i)];
        to[x] = sum;
      }
    }
  });
  return result;
}

torch::Tensor resize_rows(const torch::Tensor& rows, RowRange source, int64_t height,
                          std::array<int64_t, 2> size, RowRange wanted) {
  check_shape(rows, {source.last - source.first, std::nullopt}, "rows");
  const int64_t width = rows.size(1);
  return resize_window(rows, {source, {0, width}}, {height, width}, size, {wanted, {0, size[1]}});
}

torch::Tensor pad_mirrored(const torch::Tensor& grey, int64_t top, int64_t bottom, int64_t left,
                           int64_t right) {
  check_shape(grey, {std::nullopt, std::nullopt}, "grey");
  if (grey.numel() == 0) throw Error("cannot pad an image without pixels");
  return grey.index_select(0, mirrored_indices(grey.size(0), top, bottom))
      .index_select(1, mirrored_indices(grey.size(1), left, right));
}

}  // namespace priorseg
