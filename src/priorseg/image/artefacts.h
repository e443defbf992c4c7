#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// Why a pixel is no part of the picture that the microscope took.
enum class ArtefactKind : uint8_t {
  kNone,
  kSpeck,      ///< a hot or dead pixel, alone or with one or two beside it
  kLine,       ///< a camera row or column that is dead, saturated or far off
  kMark,       ///< burnt in: a bar, a rectangle or letters of one value
  kPadding,    ///< an area of one value along the border of the image, where no picture is
  kNonFinite,  ///< the file says NaN or infinite
};
constexpr int kArtefactKinds = 6;

/// Pixels of each kind.
using ArtefactCounts = std::array<int64_t, kArtefactKinds>;

/// Finds what is no picture in a grey image. An image without artefacts has none, whatever its objects:
/// saturated objects and a background that is clipped to one value stay.
///
/// - Padding is at least 0.2 % of the image, touches its border, and has straight or gently curved edges.
/// - Bars and rectangles are filled with one value, have sharp edges and are at least 12 px long and 30 px in
///   area; letters are thin, of one value, and beside a bar of that value or at least three of one height in
///   a row.
/// - Lines are one to three px wide and off for a quarter of their length at least, by ten sigmas of the
///   noise and always in the same direction.
/// - Specks stand out of their 5 x 5 px by twice as much as objects stand out of the background where there
/// are
///   many of them (0.05 %), otherwise by six times as much; they fall off at once, and are at most three px
///   together.
///
/// @param grey  [H,W] float32, NaN or infinite where the file says so.
/// @return      [H,W] uint8, an ArtefactKind each.
torch::Tensor find_artefacts(const torch::Tensor& grey);

/// An image with artefacts filled from their surroundings.
struct FilledImage {
  torch::Tensor grey;   ///< [H,W] float32, finite
  torch::Tensor blank;  ///< [H,W] bool: an artefact so wide that what lies under it is not known
};

/// Fills specks, lines, and what lies within 4 px of the picture, with the mean of the picture around, and
/// the rest with a background: the quantile 0.3 of the picture (0 where there is no picture).
///
/// @param grey   [H,W] float32.
/// @param kinds  [H,W] uint8, find_artefacts().
FilledImage fill_artefacts(const torch::Tensor& grey, const torch::Tensor& kinds);

/// @param kinds  uint8, any shape.
ArtefactCounts count_artefacts(const torch::Tensor& kinds);

/// For messages, e.g. "3.1 % padding, 0.2 % lines of the camera"; empty where nothing was found.
/// @param num_pixels  of the image or images that were counted.
std::string describe_artefacts(const ArtefactCounts& counts, int64_t num_pixels);

}  // namespace priorseg
