#pragma once

#include <vector>

#include "priorseg/core/min_max.h"
#include "priorseg/core/observer.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_input.h"

namespace priorseg {

/// Estimates the object sizes from some of the images, tells them, and puts them into the settings. The same
/// images give the same sizes.
/// @throws Error where no image can be read or nothing stands out of them.
void estimate_sizes(const std::vector<ImageInput>& images, Settings& settings, Observer& observer);

/// Measures `size.typical` and `size.typical_of_large` on some of the images; without `size.own_scale` both
/// are 0. The size range has to be known. The same images give the same figures.
/// @throws Error where no image can be read.
void measure_typical_object(const std::vector<ImageInput>& images, Settings& settings, Observer& observer);

/// Object sizes in px of images whose pixels have a known size, told.
/// @param um  sqrt(height * width) of bounding boxes, micrometres.
/// @throws Error where the size of a pixel is not known of an image, or is not the same in all of those
/// looked at.
MinMax sizes_in_px(const MinMax& um, const std::vector<ImageInput>& images, Observer& observer);

}  // namespace priorseg
