#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace priorseg {

/// One object and what lies around it; all row-major, height * width.
struct OutlineWindow {
  int64_t height = 0, width = 0;      ///< px
  std::vector<float> grey;            ///< objects bright; NaN where it is not known what is there
  std::vector<uint8_t> is_object;     ///< 1 = pixel of the object, at least one
  std::vector<uint8_t> is_neighbour;  ///< 1 = pixel of another object
};

/// Steps of distances_to() a pixel.
constexpr int32_t kOutlineStep = 5;

/// In steps, from each pixel to the nearest one whose value is `value`: kOutlineStep to a side, 7 to a
/// corner; a very large number without any.
std::vector<int32_t> distances_to(uint8_t value, const std::vector<uint8_t>& map, int64_t height,
                                  int64_t width);

/// Grey values without the noise of single pixels; unknown ones stay so and count for nothing.
std::vector<float> smooth_grey(const OutlineWindow& window);

/// Radius of a disk of `area` pixels, px; at most 40: outlines of larger objects move no further than those
/// of this one.
double outline_radius(int64_t area);

/// Grey values of an object and of what is around it.
struct ObjectGreys {
  double background, object;
};

/// How far from an object its greys_of_object() are measured, px.
double reach_of_greys(double radius);

/// The quantile .3 of what lies 2 px and more around the object and is no neighbour, and the median of the
/// object. Nothing where they do not tell the object from its surroundings.
///
/// @param grey     smooth_grey().
/// @param outside  distances to the object, steps.
/// @param radius   outline_radius().
std::optional<ObjectGreys> greys_of_object(const OutlineWindow& window, const std::vector<float>& grey,
                                           const std::vector<int32_t>& outside, double radius);

/// Reorders `values`. @param values  at least one. @param share  in [0,1].
double quantile_of(std::vector<float>& values, double share);

}  // namespace priorseg
