#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// A point of the image, px: the centre of pixel (0, 0) is (0.5, 0.5).
struct ImagePoint {
  double x, y;
};

/// Points of [x, y, x, y, ...] under `name`.
/// @throws Error unless it is a list of an even number of finite numbers, at most kMostPoints points.
std::vector<ImagePoint> read_points(const nlohmann::json& object, const std::string& name);
constexpr size_t kMostPoints = 20000;

/// Indices y * width + x of the pixels whose centres lie in a polygon (even-odd rule), growing.
std::vector<int64_t> pixels_in_polygon(const std::vector<ImagePoint>& polygon, int64_t height, int64_t width);

/// The pixels of an object that was divided.
struct DividedObject {
  std::vector<std::pair<int64_t, int64_t>> pixels;  ///< index y * width + x, and part from 0 on; growing
  int64_t num_parts = 0;                            ///< the largest one is part 0
};

/// Divides an object where a line crosses it: 4-connected parts of what the line leaves, and each pixel of
/// the line goes to a part beside it.
/// @param labels  [H,W] int32, contiguous.
DividedObject split_along_line(const torch::Tensor& labels, int32_t label,
                               const std::vector<ImagePoint>& line);

/// Pixels inside of an object that are not its own: those that are not connected, over sides of pixels, with
/// what lies around its bounding box.
std::vector<int64_t> holes_of(const torch::Tensor& labels, int32_t label);

}  // namespace priorseg
