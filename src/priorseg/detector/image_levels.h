#pragma once

#include <vector>

#include "priorseg/detector/options.h"
#include "priorseg/image/image_source.h"
#include "priorseg/image/outlined_regions.h"

namespace priorseg {

/// What the edges of the middle of an image outline.
struct OutlinedImage {
  std::vector<OutlinedRegion> regions;  ///< of the size range, with sizes in px of the image
  double most_frequent = 0;             ///< grey value of the image
};
OutlinedImage outlined_image(const ImageSource& image, const DetectorOptions& options);

/// The median by weight of the sizes of regions.
/// @param regions  at least one.
double typical_size(const std::vector<OutlinedRegion>& regions);

/// The grey value from which on an image shows objects, where its most frequent grey value is that of the
/// objects: it lies above the levels at which regions are outlined (median by weight). Otherwise infinite.
double objects_from(const OutlinedImage& image);

/// Sizes in the middle of the levels that an image needs, largest first: one around its typical region, and
/// another where a good part of the regions is larger or smaller than what that one spans.
/// @param size  with levels.
std::vector<double> middles_of_levels(const std::vector<OutlinedRegion>& regions, const SizeOptions& size);

/// The scales at which an image is looked at, coarsest first. Without levels (SizeOptions::has_levels) it is
/// scale_of_image() alone.
/// @param scale  of the set of images (network_scale()); the only one where no edge outlines an object.
std::vector<NetworkScale> levels_of_image(const ImageSource& image, const DetectorOptions& options,
                                          const NetworkScale& scale);

}  // namespace priorseg
