#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// How pixel values become the network's input in [0,1].
struct IntensityOptions {
  /// "linear": from the darkest to the brightest pixel (the paper's);
  /// "power": the same to the power `power`;
  /// "saturate": d / (d + s), d above background, s = `saturation` x Otsu's threshold above background;
  /// "local": m = d / (the brightest d in the neighbourhood), so that dim objects count like bright ones
  /// (but no less than `signal_floor` x Otsu's threshold: haze between objects is not one of them),
  /// then m (1 + s) / (m + s) with s = `saturation`; 0 = chosen for each image so that the median of its
  /// foreground (m > 0.1) is mapped to 0.75.
  std::string mapping = "local";
  /// "global": one grey value an image; "local": it may vary slowly across it.
  std::string background = "global";
  double power = 0.4;          ///< exponent of "power"
  double saturation = 0.0;     ///< s of "saturate" (> 0) and "local" (0 = automatic)
  double neighbourhood = 0.5;  ///< of "local": radius in units of the largest object size
  double signal_floor =
      0.0;  ///< of "local": full contrast is at least this multiple of Otsu's threshold above background
  double noise_floor = 12.0;  ///< full contrast is at least this many sigmas of the noise
  double truncate_mean =
      0.0;  ///< pixels above this multiple of the mean are cut off first; 0 = off (paper: 1.2 for FLUO)

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("mapping", mapping, "'linear' (the paper's), 'power', 'saturate' or 'local'");
    v("background", background,
      "'global': one background value an image; 'local': it may vary slowly across it");
    v("power", power, "exponent of mapping 'power', 0.05 to 4");
    v("saturation", saturation,
      "how early bright pixels saturate: small = early; mapping 'local': 0 = chosen for each image");
    v("neighbourhood", neighbourhood, "mapping 'local': radius in units of the largest object size");
    v("signal_floor", signal_floor,
      "mapping 'local': full contrast is at least this multiple of Otsu's threshold above background, 0 = no "
      "floor");
    v("noise_floor", noise_floor,
      "full contrast is at least this many sigmas of the image noise, 0 = no floor");
    v("truncate_mean", truncate_mean,
      "pixels above this multiple of the image mean are cut off first, 0 = off");
  }
};

/// Robust figures of one grey image.
struct ImageStatistics {
  double background = 0;  ///< most frequent grey value
  double noise = 0;  ///< sigma of the values below the background, at least one quantisation step / sqrt(12)
  double threshold = 0;  ///< Otsu's threshold above the background (a difference of grey values)
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

/// @param values   of an image or a sample of it, in any order.
/// @param quantum  smallest step of the file's grey values, 1 for integers, 0 for floating point.
ImageStatistics measure_values(std::vector<float> values, double quantum);

/// The same of an IntensitySample of the whole image.
/// @param grey  [H,W] float32.
ImageStatistics measure_image(const torch::Tensor& grey, double quantum);

/// One channel from 1 or 3: their mean. @param pixels [C,H,W]. @return [H,W].
torch::Tensor grey_from_pixels(const torch::Tensor& pixels);

/// What map_intensity has to know of a whole image when it maps a part of it.
struct IntensityRange {
  double darkest = 0, brightest = 0, mean = 0;  ///< grey values
  double saturation = 0;                        ///< of "local" with automatic saturation
};

/// The automatic saturation of "local", from windows of an image.
/// @param windows  [h,w] float32 each, grey values; much larger than an object.
double measure_saturation(const std::vector<torch::Tensor>& windows, const ImageStatistics& statistics,
                          const IntensityOptions& options, double max_size);

/// Maps grey values to the network's input.
///
/// @param grey      [H,W] float32.
/// @param max_size  largest object size in px of `grey` (for "local").
/// @param whole     figures of the whole image where `grey` is a part of it; nothing = measured from `grey`.
/// @return          [H,W] float32 in [0,1].
torch::Tensor map_intensity(const torch::Tensor& grey, const ImageStatistics& statistics,
                            const IntensityOptions& options, double max_size,
                            const std::optional<IntensityRange>& whole = std::nullopt);

/// How far in px of `grey` the mapping looks: pixels further away change nothing.
double mapping_reach(const IntensityOptions& options, double max_size);

}  // namespace priorseg
