#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "priorseg/core/tensor.h"
#include "priorseg/image/intensity.h"
#include "priorseg/image/resample.h"

namespace priorseg {

/// The slowly varying background of an image: a low quantile of windows of four largest object sizes, one
/// window a node of a grid, smoothed. Small whatever the size of the image.
class BackgroundGrid {
 public:
  /// @param height, width  of the image, px, > 0.
  /// @param max_size       largest object size in its px.
  BackgroundGrid(int64_t height, int64_t width, double max_size);
  ~BackgroundGrid();
  BackgroundGrid(BackgroundGrid&&) noexcept;

  /// Rows of nodes.
  int64_t num_rows() const;
  /// The rows of the image that a row of nodes is measured from.
  RowRange rows_of_node(int64_t node_row) const;
  /// Measures one row of nodes.
  /// @param rows    [N,W] float32: rows `source` of the image, at least rows_of_node(node_row); NaN where
  /// there
  ///                is no picture.
  void measure(int64_t node_row, const torch::Tensor& rows, RowRange source);
  /// After all rows of nodes. A node without picture gets the mean of those around it. Where objects fill a
  /// window its quantile would rise above what the whole image calls background, and is held there.
  void smooth(const ImageStatistics& statistics);

  /// The background of the whole image, [H,W] float32.
  torch::Tensor whole() const;
  /// The background in a window of the image (but for rounding), [N,M] float32: the same to the bit whatever
  /// the window.
  torch::Tensor window(const ImageWindow& wanted) const;
  /// What was measured, [rows,columns] float32, a copy; and its counterpart: puts it in place.
  torch::Tensor nodes() const;
  /// @throws Error on another shape.
  void set_nodes(const torch::Tensor& nodes);

  /// The background at one pixel.
  float at(int64_t y, int64_t x) const;

 private:
  struct Nodes;
  int64_t height_, width_;
  double reach_;
  std::unique_ptr<Nodes> nodes_;
};

/// Subtracts the background of an image that is there whole.
///
/// @param grey      [H,W] float32, NaN where there is no picture; it stays NaN.
/// @param max_size  largest object size in px of `grey`.
/// @return          [H,W] float32, near 0 where there is no object.
torch::Tensor flatten_background(const torch::Tensor& grey, const ImageStatistics& statistics,
                                 double max_size);

/// Puts the background where there is no picture.
/// @param grey  [H,W] float32, NaN where there is no picture.
torch::Tensor with_background(const torch::Tensor& grey, const ImageStatistics& statistics);

/// A grey image and its own figures, as map_intensity() takes them.
struct FlatImage {
  torch::Tensor grey;  ///< [H,W] float32
  ImageStatistics statistics;
};

/// Light that rises evenly across an image.
struct LightSlope {
  double down = 0, across = 0;  ///< grey values per px
};

/// The slope of the light where it is so strong that it hides the objects from figures of the whole image:
/// over the image it rises by more than the objects stand out, and little is left of the differences between
/// distant parts of the background without it. 0 otherwise.
///
/// @param grey  [H,W] float32, NaN where there is no picture.
LightSlope slope_of_light(const torch::Tensor& grey, double quantum);

/// Subtracts the background of a whole image where the settings ask for that, and measures what is left.
/// Where the image is to withstand artefacts, a slope of light goes first.
///
/// @param grey      [H,W] float32, NaN where there is no picture: it becomes the background.
/// @param quantum   smallest step of the file's grey values, 1 for integers, 0 for floating point.
/// @param max_size  largest object size in px of `grey`.
/// @param objects_from  see measure_values(): where it is given the background is taken to be even.
FlatImage flatten_image(const torch::Tensor& grey, double quantum, const IntensityOptions& options,
                        double max_size, double objects_from = std::numeric_limits<double>::infinity());

}  // namespace priorseg
