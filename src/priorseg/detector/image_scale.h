#pragma once

#include <vector>

#include "priorseg/detector/options.h"
#include "priorseg/image/image_source.h"

namespace priorseg {

/// What the objects of one image are like on the whole, as far as can be told without a detector.
struct TypicalObject {
  double size = 0;    ///< median by area of sqrt(height * width) of the bounding boxes, px of the image
  int64_t count = 0;  ///< objects that were seen; 0 = nothing stands out, and size says nothing
};

/// Looks at the middle of an image as the networks would see it, and takes compact regions that stand out for
/// objects.
///
/// @param scale  of the set of images (network_scale()).
TypicalObject typical_object(const ImageSource& image, const DetectorOptions& options,
                             const NetworkScale& scale);

/// How much an image has to be magnified for its typical object to become as large as that of a typical
/// image. What few objects say counts less; differences of less than a fifth are left alone, so that the
/// images of one experiment share one scale.
///
/// @param typical  `size.typical`, px.
/// @return         1/3 to 3; 1 where nothing stands out.
double magnification_of(const TypicalObject& object, double typical);

/// Puts `size.typical` and `size.typical_of_large` into the settings: median and ninth decile over images.
/// Leaves them as they are where no image shows an object.
void compare_images(const std::vector<TypicalObject>& images, SizeOptions& size);

/// The scale for one image: magnified by magnification_of() its typical object.
///
/// @param scale  of the set of images; it is what comes back without `size.own_scale`, or without
/// `size.typical`.
NetworkScale scale_of_image(const ImageSource& image, const DetectorOptions& options,
                            const NetworkScale& scale);

}  // namespace priorseg
