#pragma once

#include <torch/types.h>

#include <array>

// Inside Mask R-CNN a box is given by its corners, [N,4] (x1, y1, x2, y2) in px with x1 <= x2 and y1 <= y2:
// the form of the publications and of torchvision. Instances hold (centre x, centre y, height, width).
namespace priorseg {

/// [N] areas, px squared. @param corners [N,4].
torch::Tensor corner_areas(const torch::Tensor& corners);

/// [N,M] intersection over union of every pair. @param a [N,4]. @param b [M,4].
torch::Tensor corner_ious(const torch::Tensor& a, const torch::Tensor& b);

/// Cuts boxes at the borders of an image. @param corners [...,4]. @param size {height, width}.
torch::Tensor clip_corners(const torch::Tensor& corners, std::array<int64_t, 2> size);

/// Indices, [K] int64, of boxes of which both sides are at least `least_side` px.
torch::Tensor large_enough(const torch::Tensor& corners, double least_side);

/// (cx, cy, height, width) of (x1, y1, x2, y2), [N,4], and the inverse.
torch::Tensor centres_from_corners(const torch::Tensor& corners);
torch::Tensor corners_from_centres(const torch::Tensor& boxes);

/// Tight corners of every object of a label map: an object that covers columns a to b - 1 has x1 = a and
/// x2 = b. The i-th box belongs to the i-th entry of `labels`.
///
/// @param masks  [N,H,W] float32, 0 or 1, none empty.
/// @return       [N,4] float32
torch::Tensor corners_of_masks(const torch::Tensor& masks);

/// How a box is told relative to another (Girshick et al. 2014, appendix C): shift of the centre in units of
/// the reference box and logarithm of the ratio of the sides, times weights.
struct BoxCoding {
  double centre_weight = 1, side_weight = 1;

  /// [N,4] (dx, dy, dw, dh). @param boxes, references  [N,4] corners.
  torch::Tensor encode(const torch::Tensor& boxes, const torch::Tensor& references) const;
  /// The inverse. Sides grow by a factor of 1000 / 16 at most, so that exp stays finite.
  /// @param offsets     [N,4C]: C boxes a reference.
  /// @param references  [N,4] corners.
  /// @return            [N,C,4] corners
  torch::Tensor decode(const torch::Tensor& offsets, const torch::Tensor& references) const;
};

}  // namespace priorseg
