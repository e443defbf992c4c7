#pragma once

namespace priorseg {

/// What tells a good outline from a bad one without a label. Free of scale and unit.
struct OutlineSigns {
  double score = 0;      ///< of the object, in [0,1]
  double fill = 0;       ///< area by that of the ellipse with the same second moments: about 1 for one convex
                         ///< object, less where two are joined
  double agreement = 0;  ///< IoU with the outline that the networks drew, in [0,1]
  double unevenness = 0;  ///< standard deviation of the grey values inside by the height of the object above
                          ///< its surroundings, in [0,2]
  double sharpness = 0;   ///< natural logarithm of the median slope at the outline, across it, by height and
                          ///< inner radius of the object; in [log .05, log 5]
};

/// The probability that an outline is good: that its IoU with what a person would draw is above .7. A
/// logistic function of the signs, fitted to labelled images of many kinds (docs/notebook/quality.md); the
/// same for all images.
///
/// @return  in (0,1).
double quality_of_outline(const OutlineSigns& signs);

/// The probability that an outline is that of an object at all: that its IoU with what a person would draw is
/// above .5. A logistic function, fitted as the quality was: what is small beside the other objects is more
/// often a piece, debris or noise than its signs tell.
///
/// @param quality        in (0,1).
/// @param relative_size  diameter of the disk of its area by the middle diameter of the objects, above 0.
/// @return  in (0,1).
double chance_of_match(double quality, double relative_size);

}  // namespace priorseg
