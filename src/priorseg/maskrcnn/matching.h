#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>

namespace priorseg {

/// When an anchor or a proposal stands for a true object.
struct MatchLimits {
  double positive = 0.5;   ///< IoU from which on it stands for the object that it overlaps most
  double negative = 0.5;   ///< IoU below which it stands for background; between the two it is left out
  bool keep_best = false;  ///< an object's best anchors stand for it, however small their IoU
};

/// Entries of match_boxes that are no index of an object.
constexpr int64_t kBackground = -1, kLeftOut = -2;

/// The object that each box stands for (Ren et al. 2015, section 3.1.2).
///
/// @param ious  [G,N] of G objects and N boxes; G may be 0.
/// @return      [N] int64: index of an object, kBackground or kLeftOut.
torch::Tensor match_boxes(const torch::Tensor& ious, const MatchLimits& limits);

/// Boxes that take part in a loss.
struct SampledBoxes {
  torch::Tensor positive, negative;  ///< [P], [Q] int64 indices, ascending
};

/// Draws at most `count` boxes at random, at most the share `positive_share` of them positive. Missing
/// positives are made up for by negatives.
///
/// @param is_positive, is_negative  [N] bool.
SampledBoxes sample_boxes(const torch::Tensor& is_positive, const torch::Tensor& is_negative, int64_t count,
                          double positive_share, at::Generator& generator);

}  // namespace priorseg
