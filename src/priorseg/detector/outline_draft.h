#pragma once

#include "priorseg/detector/detector.h"
#include "priorseg/detector/open_outlines.h"

namespace priorseg {

/// Objects that likely match none of the image are dropped.
struct LeastChance {
  double chance = 0;          ///< of chance_of_match(), below which they are; 0 = none is
  double usual_diameter = 1;  ///< px, between the smallest and the largest object
};

/// Those whose outlines are good enough; all where outlines were not compared with the pixels.
OutlinedObjects without_doubtful(OutlinedObjects all, const LeastChance& least);

/// What the networks found in an image that was worked on whole, before its pixels say where the outlines
/// lie. The networks take most of the time; the outlines can be drawn again and again, at any border level.
class OutlineDraft {
 public:
  /// @param piece              all that was found, with outlines as the networks draw them.
  /// @param clean              [C+3,H,W], see clean_image.h.
  /// @param outlines           draws the outlines; nothing was added to it yet.
  /// @param asked              border level that the inference options ask for; 0 = outlines stay.
  /// @param threshold_surplus  mask_threshold above its default: who asks for tighter or wider masks means
  ///                           the outlines of the pixels too.
  OutlineDraft(FoundRows piece, torch::Tensor clean, OpenOutlines outlines, double asked,
               double threshold_surplus, const LeastChance& least)
      : piece_(std::move(piece)),
        clean_(std::move(clean)),
        outlines_(std::move(outlines)),
        asked_(asked),
        threshold_surplus_(threshold_surplus),
        least_(least) {}

  /// The border level that the inference options ask for; 0 = outlines stay as the networks draw them.
  double border_level() const { return asked_; }
  const FoundRows& piece() const { return piece_; }

  /// The image with outlines at a border level, as find_in_bands() would give it in one piece.
  /// @param border_level  in [0,1), see InferenceOptions; 0 = as the networks draw them.
  FoundRows at(double border_level) const;

 private:
  FoundRows piece_;
  torch::Tensor clean_;
  OpenOutlines outlines_;
  double asked_, threshold_surplus_;
  LeastChance least_;
};

}  // namespace priorseg
