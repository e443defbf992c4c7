#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/tensor.h"
#include "priorseg/image/compact_regions.h"
#include "priorseg/image/image.h"
#include "priorseg/image/intensity.h"

namespace priorseg {

/// Thrown where nothing stands out of images that could be measured.
class NothingStandsOut : public Error {
 public:
  using Error::Error;
};

/// Range of object sizes, sqrt(height * width) of the tight bounding box in px of the user's images.
struct SizeRange {
  double min = 0;
  double max = 0;
  bool is_cut_off = false;  ///< an estimated range: sizes that a relief does not show were left out
};

/// Guesses the sizes of objects from images alone, before there is a detector: what stands out as one compact
/// region is taken for an object. Regions are found above several levels of the image as the detector will
/// see it, so that objects that touch count where they come apart; each counts by its area, so that specks
/// weigh nothing. Looking depends on the size itself (the neighbourhood that `local` mapping compares with):
/// it is repeated with the size that was found until that stays.
class SizeEstimator {
 public:
  /// @param level_span  see SizeOptions. A range that is wider is estimated once more, from what the edges of
  /// each image
  ///                    outline (outlined_image()): an image counts as much as another there, and what its
  ///                    objects are called bright by does not depend on the sizes of other images.
  explicit SizeEstimator(const IntensityOptions& options, double level_span = 0)
      : options_(options), level_span_(level_span) {}

  void add(const Image& image);

  /// A range that holds the sizes of nine tenths of the area of the regions, and leaves room around their
  /// median. Of a relief no less than kSmallestReliefCell, and no more than kLargestReliefCell.
  /// @throws NothingStandsOut where nothing stands out of the images.
  SizeRange estimate() const;

 private:
  std::vector<CompactRegion> regions(double largest) const;

  struct GreyImage {
    torch::Tensor grey;  // [H,W], NaN where there is no picture
    double quantum;
  };
  SizeRange outlined_range(SizeRange otherwise) const;

  IntensityOptions options_;
  double level_span_;
  std::vector<GreyImage> images_;
};

}  // namespace priorseg
