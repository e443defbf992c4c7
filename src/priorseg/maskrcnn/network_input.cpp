#include "priorseg/maskrcnn/network_input.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr int64_t kMultiple = 32;  // coarsest stride of the backbone

torch::Tensor normalised(const torch::Tensor& image) {
  const auto mean = torch::tensor({0.485f, 0.456f, 0.406f}).view({3, 1, 1});
  const auto deviation = torch::tensor({0.229f, 0.224f, 0.225f}).view({3, 1, 1});
  return (image - mean) / deviation;
}

std::array<int64_t, 2> resized_size(std::array<int64_t, 2> size, const InputOptions& options) {
  if (options.shorter_side == 0) return size;
  const auto sides = std::minmax(size[0], size[1]);
  double scale = static_cast<double>(options.shorter_side) / static_cast<double>(sides.first);
  if (options.longer_side > 0)
    scale = std::min(scale, static_cast<double>(options.longer_side) / static_cast<double>(sides.second));
  const auto scaled = [&](int64_t side) {
    return std::max<int64_t>(1, static_cast<int64_t>(std::floor(static_cast<double>(side) * scale)));
  };
  return {scaled(size[0]), scaled(size[1])};
}

std::array<int64_t, 2> size_of(const torch::Tensor& image) { return {image.size(-2), image.size(-1)}; }

/// [4] factors from px of an image of size `from` to px of one of size `to`.
torch::Tensor corner_factors(std::array<int64_t, 2> from, std::array<int64_t, 2> to) {
  const auto ratio = [&](size_t axis) {
    return static_cast<float>(to[axis]) / static_cast<float>(from[axis]);
  };
  return torch::tensor({ratio(1), ratio(0), ratio(1), ratio(0)});
}

}  // namespace

NetworkInput make_network_input(const std::vector<torch::Tensor>& images, const InputOptions& options) {
  NetworkInput input;
  std::vector<torch::Tensor> resized;
  int64_t height = 0, width = 0;
  for (const auto& image : images) {
    check_shape(image, {image.dim() > 0 && image.size(0) == 3 ? 3 : 1, std::nullopt, std::nullopt}, "image");
    input.given_sizes.push_back(size_of(image));
    const auto size = resized_size(input.given_sizes.back(), options);
    auto pixels = normalised(image);
    if (size != input.given_sizes.back())
      pixels = torch::upsample_bilinear2d(pixels.unsqueeze(0), size, /*align_corners=*/false).squeeze(0);
    resized.push_back(pixels);
    input.sizes.push_back(size);
    height = std::max(height, size[0]);
    width = std::max(width, size[1]);
  }
  const auto padded = [](int64_t side) { return (side + kMultiple - 1) / kMultiple * kMultiple; };
  input.images = torch::zeros({static_cast<int64_t>(images.size()), 3, padded(height), padded(width)});
  for (size_t i = 0; i < resized.size(); ++i)
    input.images[static_cast<int64_t>(i)]
        .slice(1, 0, input.sizes[i][0])
        .slice(2, 0, input.sizes[i][1])
        .copy_(resized[i]);
  return input;
}

std::vector<TrueObjects> truth_of_input(const std::vector<TrueObjects>& truth, const NetworkInput& input) {
  std::vector<TrueObjects> result = truth;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (input.sizes[i] == input.given_sizes[i]) continue;
    result[i].corners = truth[i].corners * corner_factors(input.given_sizes[i], input.sizes[i]);
    result[i].masks = torch::upsample_nearest2d(truth[i].masks.unsqueeze(0), input.sizes[i]).squeeze(0);
  }
  return result;
}

torch::Tensor corners_in_given_image(const torch::Tensor& corners, const NetworkInput& input, size_t index) {
  return corners * corner_factors(input.sizes[index], input.given_sizes[index]);
}

}  // namespace priorseg
