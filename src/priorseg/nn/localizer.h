#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn.h>
#include <torch/types.h>

#include "priorseg/nn/network_options.h"

namespace priorseg {

/// Boxes that the localizer predicts, one a grid cell, grid cells in row-major order, images one after the
/// other.
struct PredictedBoxes {
  torch::Tensor presence;         ///< [N] in (0,1)
  torch::Tensor boxes;            ///< [N,4] (cx, cy, height, width), px of the network image
  torch::Tensor image_of_box;     ///< [N] int64
  int64_t rows = 0, columns = 0;  ///< of the grid
};

/// Where in the image to put which box: 2 convolutions (3x3, batch norm, ReLU) and a pooling a stage, then
/// one linear map to five numbers a grid cell (paper, section "localizer").
class LocalizerImpl : public torch::nn::Module {
 public:
  explicit LocalizerImpl(const LocalizerOptions& options);

  /// Draws new initial weights; `initial_presence` of the options holds again.
  void draw_weights(at::Generator& generator);

  /// @param images     [B,1,H,W] float32 in [0,1], H and W multiples of the grid cell.
  /// @param arithmetic that the convolutions compute in: kFloat32 or kBFloat16. The last, linear map is
  ///                   always float32.
  /// @return           [B,5,H/cell,W/cell] float32: f_presence, f_scale, f_ratio, f_x, f_y before their
  ///                   squashing functions.
  torch::Tensor forward(const torch::Tensor& images, torch::ScalarType arithmetic = torch::kFloat32);

 private:
  void set_initial_presence();

  int64_t reduction_;
  double initial_presence_;
  torch::nn::Sequential stages_;
  torch::nn::Conv2d head_{nullptr};
};
TORCH_MODULE(Localizer);

/// The squashing functions of the paper: presence = sigmoid, scale in [scale_min, scale_max] grid cells,
/// ratio = exp(tanh * log R_max), offset at most half a grid cell. Differentiable in `maps`.
///
/// @param maps       [B,5,h,w] from Localizer.
/// @param cell_size  px.
/// @param scale_min  smallest sqrt(height * width) of a box in grid cells, > 0.
/// @param scale_max  largest, >= scale_min.
PredictedBoxes decode_boxes(const torch::Tensor& maps, int64_t cell_size, double scale_min, double scale_max,
                            double max_ratio);

}  // namespace priorseg
