#pragma once

#include <torch/types.h>

#include <array>
#include <vector>

namespace priorseg {

/// The reference boxes of the region proposal network: one side a level of the feature pyramid, several
/// ratios.
struct AnchorOptions {
  std::vector<double> sides = {32, 64, 128, 256, 512};  ///< sqrt(height x width) a level, network px
  std::vector<double> ratios = {0.5, 1, 2};             ///< height / width

  /// @throws Error naming what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("sides", sides, "sqrt(height x width) of the anchors of each pyramid level in network px, 1 to 5");
    v("ratios", ratios, "height / width of the anchors");
  }
};

/// Anchors of every place of every feature map, centred on its upper left corner, corners rounded to whole
/// px as in torchvision.
///
/// @param feature_sizes  {height, width} of one feature map a level.
/// @param image_size     {height, width} of the padded images, px.
/// @return               [H W R,4] corners a level: row by row, ratios innermost.
std::vector<torch::Tensor> make_anchors(const AnchorOptions& options,
                                        const std::vector<std::array<int64_t, 2>>& feature_sizes,
                                        std::array<int64_t, 2> image_size);

/// Anchors that fit objects of `smallest` to `largest` network px: sides in equal steps of their logarithm,
/// at most an octave each, from the finest level on; ratios likewise within 1 / max_ratio to max_ratio.
AnchorOptions anchors_for(double smallest, double largest, double max_ratio);

}  // namespace priorseg
