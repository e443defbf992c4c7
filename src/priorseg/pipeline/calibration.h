#pragma once

#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/detector.h"
#include "priorseg/pipeline/annotated_input.h"

namespace priorseg {

/// Chooses the level at which a detector cuts masks by annotated images: of .2, .25 ... .8 the one whose
/// outlines fit the annotated objects best. The fit is SEG, the mean IoU of all annotated objects with the
/// outlines that cover more than half of them: what is found beside them does not count, so that an image
/// need not be annotated completely. The present level stays where no other one is better.
///
/// Of many images some, evenly spread, are looked at.
///
/// @param annotated  at least one.
/// @throws Error where an image and its label map differ in size, or what is found has little in common with
/// the annotation, whatever the level; the detector is as it was then. Stopped likewise.
void calibrate(Detector& detector, const std::vector<AnnotatedInput>& annotated, Observer& observer);

/// The same after a training, which is worth its time without: where there is none, or the fit is no good,
/// this is told and the level stays.
void calibrate_or_tell(Detector& detector, const std::vector<AnnotatedInput>& annotated, Observer& observer);

}  // namespace priorseg
