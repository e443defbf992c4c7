#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image.h"
#include "priorseg/output/object_hull.h"

namespace priorseg {

/// Of the values of one channel inside an object, without NaN; NaN where there is no value.
struct Intensities {
  double mean = 0, min = 0, max = 0, sum = 0;
};

/// What is measured of one object. Lengths in px; points in the project's pixel convention: the centre of
/// pixel (0,0) is (0.5, 0.5). Axes, orientation and eccentricity are those of the ellipse with the same
/// second central moments, as in scikit-image and CellProfiler.
struct ObjectMeasurements {
  int32_t label = 0;
  int64_t frame = 1, slice = 1;                               ///< of a film or a stack, from 1
  double score = 0;                                           ///< NaN where unknown
  double quality = std::numeric_limits<double>::quiet_NaN();  ///< probability that the outline is good
                                                              ///< (quality_of_outline); NaN where unknown
  int64_t area = 0;                                           ///< number of pixels
  double centroid_x = 0, centroid_y = 0;
  int64_t x0 = 0, y0 = 0;        ///< first column and row of the tight bounding box
  int64_t x1 = 0, y1 = 0;        ///< one past its last column and row
  double major_axis_length = 0;  ///< full length; 0 for a single pixel
  double minor_axis_length = 0;  ///< 0 for a straight line of pixels
  double orientation = 0;        ///< degrees from the y axis (down) towards the x axis (right), in (-90, 90]
  double eccentricity = 0;       ///< 0 circle to 1 line
  double perimeter = 0;          ///< by Crofton's formula in 4 directions (Legland et al. 2007); holes count
  int64_t convex_area = 0;       ///< pixels in the convex hull (RunningHull::area)
  FeretDiameters feret;          ///< of the pixels' centres
  double mean_intensity = 0;     ///< of the image as read, without NaN (all: NaN); 3 channels: of their mean
  double min_intensity = 0;
  double max_intensity = 0;
  double sum_intensity = 0;
  std::vector<Intensities> channels;  ///< of every channel of the file, if that has several
  // The same in micrometres, also where pixels are longer than wide; NaN where their size is not known, or is
  // above 20 um: what programs write as a resolution for print.
  double area_um2 = 0;
  double major_axis_length_um = 0;
  double minor_axis_length_um = 0;
  double perimeter_um = 0;
  FeretDiameters feret_um;
};

/// Measures objects row by row, so that neither label map nor image need be held whole.
class RunningMeasurements {
 public:
  /// @param width  of the image, px.
  explicit RunningMeasurements(int64_t width, const PixelSize& pixel_size = {});
  ~RunningMeasurements();

  /// The next rows from the top.
  ///
  /// @param labels  [N,W] int32, >= 0, gaps allowed.
  /// @param pixels    [C,N,W] float32, raw values, any C >= 1; NaN where the file has no number.
  /// @param channels  [K,N,W] float32: likewise, each measured by itself; undefined: none are.
  /// @throws Error on a shape or dtype mismatch, a negative label, or labels far above the number of pixels
  /// that
  ///         have come.
  void add_rows(const torch::Tensor& labels, const torch::Tensor& pixels, const torch::Tensor& channels = {});

  /// After the last row.
  /// @param scores  score of label l at entry l - 1; may be empty (scores unknown).
  /// @return        one entry for each label that has a pixel, by label.
  /// @throws Error where there are too few scores.
  std::vector<ObjectMeasurements> finish(const std::vector<float>& scores);

 private:
  struct Sums;
  struct ValueSums;
  void add_channels(const torch::Tensor& labels, const torch::Tensor& channels);
  void add_row(const int32_t* labels, const float* values, int64_t channel_step, int64_t channels);
  void count_edges(const int32_t* upper, const int32_t* lower);
  void compact_hulls();

  int64_t width_, next_row_ = 0;
  double um_per_pixel_x_, um_per_pixel_y_;  // 0 = not known
  std::vector<Sums> sums_;                  // of label l at entry l - 1
  std::vector<size_t> open_;                // entries of which rows may still come
  int64_t num_channels_ = 0;
  std::vector<ValueSums> channel_sums_;  // of channel c and label l at entry (l - 1) * num_channels_ + c
  std::vector<int32_t> previous_row_;    // labels, with a zero at each end
  std::vector<int32_t> current_row_;
};

/// Measures every object in one pass over the label map.
///
/// @param labels  [H,W] int32, >= 0; labels up to about the number of pixels, gaps allowed.
/// @param pixels  [C,H,W] float32, raw values, any C >= 1.
/// @param scores  score of label l at entry l - 1; may be empty (scores unknown).
/// @return        one entry for each label that has a pixel, by label.
/// @throws Error on a shape or dtype mismatch, a negative label, or too few scores.
std::vector<ObjectMeasurements> measure_objects(const torch::Tensor& labels, const torch::Tensor& pixels,
                                                const std::vector<float>& scores);

}  // namespace priorseg
