#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "priorseg/image/compact_regions.h"
#include "priorseg/image/intensity.h"

namespace priorseg {

/// Range of object sizes, sqrt(height * width) of the tight bounding box in px of the user's images.
struct SizeRange {
  double min = 0;
  double max = 0;
};

/// Guesses the sizes of objects from images alone, before there is a detector: what stands out as one compact
/// region is taken for an object. Regions are found above several levels of the image as the detector will
/// see it, so that objects that touch count where they come apart; each counts by its area, so that specks
/// weigh nothing. Looking depends on the size itself (the neighbourhood that `local` mapping compares with):
/// it is repeated with the size that was found until that stays.
class SizeEstimator {
 public:
  explicit SizeEstimator(const IntensityOptions& options) : options_(options) {}

  /// @param pixels   [C,H,W] float32, C = 1 or 3, values of the file.
  /// @param quantum  smallest step of the grey values, 1 for integers, 0 for floating point.
  void add(const torch::Tensor& pixels, double quantum);

  /// A range that holds the sizes of nine tenths of the area of the regions, and leaves room around their
  /// median.
  /// @throws Error where nothing stands out of the images.
  SizeRange estimate() const;

 private:
  std::vector<CompactRegion> regions(double largest) const;

  struct Image {
    torch::Tensor grey;
    double quantum;
  };
  IntensityOptions options_;
  std::vector<Image> images_;
};

}  // namespace priorseg
