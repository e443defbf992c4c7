#pragma once

#include "priorseg/core/tensor.h"

namespace priorseg {

/// sqrt(height * width) of the bounding boxes of cells that relief_of() is made for, px: of smaller ones it
/// shows nothing, larger ones it evens out in part.
constexpr double kSmallestReliefCell = 20, kLargestReliefCell = 120;

/// Makes flat cells in phase contrast bright and even on a dark ground. Such a cell is as grey as the ground
/// on the whole: its body is grainy and somewhat darker, and a bright halo runs around it.
///
/// With z the grey value above the background (Gaussian of sigma 40 px of the values, cut off at one spread
/// on both sides of their median), in units of its spread (1.4826 times the median of its absolute value),
/// G_s a Gaussian of sigma s px, D_s the standard deviation in one, and [z]a..b for z cut off at a and b:
///
///     body   b = 1 - exp(-((G_2([-z]0..4) + D_2([z]-3..1)) / 3)^2)
///     halo   h = max(0, G_0.7([z]0..12) / l - 1),  l = 2 + G_10([|z|]0..12) / 2
///     evened e = exp(-h / 2) F(b exp(-h)) / F(exp(-h))
///     cells      c = 1 / (1 + exp((0.35 - e) / 0.05))
///     wide       w = the largest c within 3 px
///     relief     w, 0 on lines of 4 px between cells that touch
///
/// The limits of z let dirt and dark cells count no more than others. Of the halo, connected parts of less
/// than 60 px are left out: vesicles. F evens out each cell up to its halo: the recursive edge-preserving
/// filter of Gastal and Oliveira (Domain transform for edge-aware image and video processing, ACM TOG 30,
/// 2011) with three rounds, sigma 20 px, and a distance of 1 + 20 max(h) between pixels side by side.
///
/// People draw the border of such a cell in its halo, so what is found is widened by 3 px. Of c, connected
/// parts above 0.5 are left out where they are smaller than a disk that becomes kSmallestReliefCell wide;
/// where pixels side by side outside of the parts are nearest to different ones, w is 0: parts do not grow
/// together.
///
/// Cells that touch are told apart by divide_cells() where w is above 0.5. Their borders are what is bright:
/// connected parts of at least 160 px of G_0.7(z) above 4. A part has at least the area of a disk that is
/// kSmallestReliefCell wide.
///
/// All lengths are in px: for cells of kSmallestReliefCell to kLargestReliefCell.
///
/// @param grey  [H,W] float32. What is not finite counts as background.
/// @return      [H,W] float32 in [0,1]; 0 where an image is of one value for the most part; NaN where `grey`
/// is not finite.
torch::Tensor relief_of(const torch::Tensor& grey);

}  // namespace priorseg
