#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/intensity_options.h"

namespace priorseg {

/// Robust figures of one grey image.
struct ImageStatistics {
  double background = 0;  ///< most frequent grey value
  double noise = 0;  ///< sigma of the values below the background, at least one quantisation step / sqrt(12)
  double threshold = 0;  ///< Otsu's threshold above the background (a difference of grey values), >= 0
  /// Grey values further above the background belong to no object but to a few very bright things.
  double ceiling = std::numeric_limits<double>::infinity();
  double above = 0, below = 0;  ///< from the background up to the quantile 0.97, and down to 0.03; >= 0
};

/// About a million pixels, evenly spread over an image that comes in pieces from top to bottom.
class IntensitySample {
 public:
  /// @param num_pixels  of the whole image.
  explicit IntensitySample(int64_t num_pixels);

  /// The next rows from the top, [N,W] float32.
  void add(const torch::Tensor& grey);

  /// The sampled values; value i is pixel i * stride() of the image, counted row by row.
  const std::vector<float>& values() const { return values_; }
  int64_t stride() const { return stride_; }

 private:
  int64_t num_pixels_, stride_ = 1, seen_ = 0, next_ = 0;
  std::vector<float> values_;
};

/// @param values   of an image or a sample of it, in any order. NaN is left out.
/// @param quantum  smallest step of the file's grey values, 1 for integers, 0 for floating point.
/// @param withstand_artefacts  where few pixels are several times as bright as many others that stand out as
///                             well, the threshold is that of the many, and there is a ceiling.
/// @param objects_from         where objects cover most of the image: the grey value from which on it shows
///                             objects. The background is a low quantile of the darker values,
///                             and the noise theirs.
ImageStatistics measure_values(std::vector<float> values, double quantum, bool withstand_artefacts = false,
                               double objects_from = std::numeric_limits<double>::infinity());

/// The same of an IntensitySample of the whole image.
/// @param grey  [H,W] float32, NaN where there is no picture.
ImageStatistics measure_image(const torch::Tensor& grey, double quantum, bool withstand_artefacts = false,
                              double objects_from = std::numeric_limits<double>::infinity());

/// The most frequent grey value; 0 without any.
/// @param grey  [H,W] float32, NaN where there is no picture.
double most_frequent_value(const torch::Tensor& grey);

/// Figures of a whole image that its parts are mapped by.
struct IntensityRange {
  double darkest = 0, brightest = 0, mean = 0;  ///< grey values
  double saturation = 0;                        ///< of "local" with automatic saturation
};

/// Where a part that is mapped lies in its image, and the figures of that.
struct PartOfImage {
  IntensityRange range;
  int64_t height = 0, width = 0;  ///< of the image, px
  int64_t top = 0, left = 0;      ///< first row and column of the part
};

/// The automatic saturation of "local", from windows of an image.
/// @param windows  [h,w] float32 each, grey values; much larger than an object.
double measure_saturation(const std::vector<torch::Tensor>& windows, const ImageStatistics& statistics,
                          const IntensityOptions& options, double max_size);

/// Maps grey values to the network's input.
///
/// @param grey      [H,W] float32.
/// @param max_size  largest object size in px of `grey` (for "local").
/// @param part      of an image, where `grey` is one: what lies further from its edges than mapping_reach()
///                  is mapped as in the whole image but for rounding, and the same whatever the part;
///                  nothing = it is a whole image, and its figures are measured from it.
/// @return          [H,W] float32 in [0,1].
torch::Tensor map_intensity(const torch::Tensor& grey, const ImageStatistics& statistics,
                            const IntensityOptions& options, double max_size,
                            const std::optional<PartOfImage>& part = std::nullopt);

/// How far in px of `grey` the mapping looks: pixels further away change nothing.
double mapping_reach(const IntensityOptions& options, double max_size);

}  // namespace priorseg
