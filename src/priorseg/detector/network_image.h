#pragma once

#include <optional>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/detector/options.h"
#include "priorseg/image/background.h"
#include "priorseg/image/image_source.h"
#include "priorseg/image/intensity.h"

namespace priorseg {

/// An image, or a tile of it, as the networks see it: rescaled, mapped to [0,1], padded by mirroring at
/// the borders of the image.
struct NetworkImage {
  torch::Tensor mapped;       ///< [h,w] float32 in [0,1]; h and w are multiples of the grid cell
  torch::Tensor signal;       ///< [h,w] float32: grey value above background in noise sigmas
  double threshold = 0;       ///< Otsu's of the whole image, above background in noise sigmas
  double gradient_scale = 1;  ///< Sobel magnitude that is full scale in the gradient map; for training only
  int64_t padding = 0;  ///< px added to the image at the top and on the left (at least as many at the bottom
                        ///< and right)
  int64_t first_row = 0, first_column = 0;  ///< of a tile: where it begins in the padded network image;
                                            ///< multiples of the grid cell
  double x_scale = 1;                       ///< network px per image px
  double y_scale = 1;
};

/// The part of a map of a whole network image that shows the image itself.
/// @param map    [h,w].
/// @param image  that was prepared.
torch::Tensor without_padding(const NetworkImage& seen, const torch::Tensor& map, const ImageInfo& image);

/// Step "normalise and gradient map" of the data flow, with the gradient's scale.
///
/// @param scale  at which the image is looked at, e.g. scale_of_image().
NetworkImage prepare_image(const Image& image, const DetectorOptions& options, const NetworkScale& scale);

/// Prepares an image in tiles that fit together as if it had been prepared whole: the figures of the whole
/// image are measured in a first pass (or at once, of a single tile).
class TiledNetworkImage {
 public:
  /// Measures a whole image that is prepared at once.
  /// @param clean  all rows of its clean_source().
  /// @param info   of the clean_source().
  TiledNetworkImage(const torch::Tensor& clean, const ImageInfo& info, const DetectorOptions& options,
                    const NetworkScale& scale);
  /// Reads the image, a clean_source(), once from top to bottom and holds a few of its rows at a time: the
  /// local background and the statistics from the samples that are taken of an image in memory, the automatic
  /// saturation from up to 16 windows, darkest and brightest pixel from all pixels (with a local background:
  /// from the samples). Other than of a whole image, a slope of light is not taken off before the background
  /// is measured.
  TiledNetworkImage(const ImageSource& clean, const DetectorOptions& options, const NetworkScale& scale);

  /// An image that was measured before.
  /// @param figures  of an equal image.
  TiledNetworkImage(const ImageInfo& info, const DetectorOptions& options, const NetworkScale& scale,
                    const std::vector<torch::Tensor>& figures);
  /// What was measured of an image that is read in bands: statistics and range, float64 [10], and the nodes
  /// of the local background, float32 [rows,columns], empty without one.
  std::vector<torch::Tensor> figures() const;

  /// Of the whole image, without background where that is local.
  const ImageStatistics& statistics() const { return statistics_; }
  /// Height and width of the padded network image in grid cells.
  int64_t grid_rows() const;
  int64_t grid_columns() const;
  ImageWindow grid() const { return {{0, grid_rows()}, {0, grid_columns()}}; }
  /// How many grid cells around it a tile has to show, so that what lies inside is mapped as in the whole
  /// image.
  int64_t mapping_reach_cells() const;
  /// Network px to image px: a row of the padded network image in rows of the image.
  double image_row(double network_row) const;

  /// The rows of the image that grid rows `cells` are made of.
  RowRange image_rows(RowRange cells) const;
  /// Grid cells `cells` of the padded network image. Pixels that lie mapping_reach_cells() inside are the
  /// same to the bit whatever the cells.
  /// @param clean  rows of the clean_source(), at least image_rows(cells.rows).
  NetworkImage tile(const ImageWindow& cells, const RollingRows& clean) const;
  /// The image that was measured whole. To be called once: what was measured is handed out.
  NetworkImage whole();

 private:
  TiledNetworkImage(const ImageInfo& info, const DetectorOptions& options, const NetworkScale& scale);
  RowRange network_rows(RowRange cells) const;
  ImageWindow network_window(const ImageWindow& cells) const;
  void measure_rows(const ImageSource& clean);
  NetworkImage finish(const torch::Tensor& flat, const ImageWindow& cells) const;

  DetectorOptions options_;
  double quantum_, max_size_, objects_from_;
  int64_t height_, width_, rows_, columns_;  // of the image; of the network image without padding
  ImageStatistics statistics_;
  std::optional<BackgroundGrid> background_;
  std::optional<IntensityRange> range_;
  torch::Tensor flat_;  // of a whole image: [h,w] without background
};

}  // namespace priorseg
