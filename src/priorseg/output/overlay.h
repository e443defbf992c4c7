#pragma once

#include <torch/types.h>

#include <cstdint>

namespace priorseg {

/// How an overlay picture is drawn.
struct OverlayOptions {
  int64_t max_side = 2000;  ///< larger images are scaled down to this, px, >= 16
  double fill_opacity = 0;  ///< how strongly objects are filled with their colour, 0 (outlines only) to 1
  int outline_width = 0;    ///< px of the picture, 1 to 8; 0 = 1, or 2 where picture and objects are large

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;
};

/// Draws the outlines of all objects over the image, so that a segmentation can be judged at a glance.
///
/// The image is stretched so that 0.5 % of its pixels are black and 0.2 % are white; less of it turns white
/// where the objects are brighter than that. 3 channels are stretched alike and stay coloured. Where most of
/// the picture is dark, dark parts are brightened (gamma 0.6), so that dim objects are seen. Outlines lie
/// inside the objects, and objects near each other differ in colour. The same input gives the same picture.
///
/// @param pixels  [C,H,W] float32 with C 1 or 3, raw values; NaN is shown as 0.
/// @param labels  [H,W] int32, 0 = background.
/// @return        [h,w,3] uint8 (red, green, blue), h and w those of the image or scaled to `max_side`.
/// @throws Error on a shape or dtype mismatch, or from the options.
torch::Tensor draw_overlay(const torch::Tensor& pixels, const torch::Tensor& labels,
                           const OverlayOptions& options = {});

/// Draws the same pictures of an image that comes row by row: only the picture is held, not the image.
class RunningOverlay {
 public:
  /// @param channels, height, width  of the image; 1 or 3 channels.
  /// @throws Error from the options.
  RunningOverlay(int64_t channels, int64_t height, int64_t width, const OverlayOptions& options = {});

  /// The next rows from the top.
  /// @param pixels     [C,N,W] float32; NaN is shown as 0.
  /// @param labels     [N,W] int32, >= 0.
  /// @param artefacts  [N,W] uint8, an ArtefactKind each; undefined where there are none. They are hatched,
  ///                   narrow ones coloured, and say nothing about what is black and white.
  /// @throws Error on a shape or dtype mismatch.
  void add_rows(const torch::Tensor& pixels, const torch::Tensor& labels,
                const torch::Tensor& artefacts = {});

  /// After the last row: as draw_overlay. @throws Error where rows are missing.
  torch::Tensor draw_overlay() const;
  /// After the last row: as draw_image. @throws Error where rows are missing.
  torch::Tensor draw_image() const;

 private:
  void reduce_pixels(const torch::Tensor& pixels);
  void reduce_labels(const torch::Tensor& labels);
  void reduce_artefacts(const torch::Tensor& artefacts);
  void check_complete() const;

  OverlayOptions options_;
  int64_t height_, width_, rows_added_ = 0, rows_reduced_ = 0;
  torch::Tensor small_pixels_;     // [C,h,w]
  torch::Tensor small_labels_;     // [h,w] int32
  torch::Tensor small_artefacts_;  // [h,w] uint8
  torch::Tensor waiting_;  // [C,N,W] the last rows added, of which a row of the picture still needs some
};

/// The image alone, stretched and scaled in the same way: [h,w,3] uint8.
torch::Tensor draw_image(const torch::Tensor& pixels, const OverlayOptions& options = {});

}  // namespace priorseg
