#pragma once

#include <torch/types.h>

#include <array>
#include <vector>

#include "priorseg/maskrcnn/network_options.h"
#include "priorseg/maskrcnn/region_proposals.h"

namespace priorseg {

/// Images as the network takes them.
struct NetworkInput {
  torch::Tensor images;                       ///< [B,3,H,W] normalised, padded with 0 to multiples of 32
  std::vector<std::array<int64_t, 2>> sizes;  ///< {height, width} of each without padding
  std::vector<std::array<int64_t, 2>> given_sizes;  ///< the same before resizing

  std::array<int64_t, 2> padded_size() const { return {images.size(2), images.size(3)}; }
};

/// Repeats a grey image to three channels, subtracts the mean and divides by the deviation of ImageNet's
/// colours, resizes bilinearly and pads, as torchvision's transform does.
///
/// @param images  [1,H,W] or [3,H,W] float32 in [0,1] each.
/// @throws Error on another shape.
NetworkInput make_network_input(const std::vector<torch::Tensor>& images, const InputOptions& options);

/// Objects of the given images in px of the network input: boxes scaled, masks by the nearest pixel.
std::vector<TrueObjects> truth_of_input(const std::vector<TrueObjects>& truth, const NetworkInput& input);

/// Corners in px of the network input in px of given image `index`.
torch::Tensor corners_in_given_image(const torch::Tensor& corners, const NetworkInput& input, size_t index);

}  // namespace priorseg
