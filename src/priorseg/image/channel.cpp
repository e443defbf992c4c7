#include "priorseg/image/channel.h"

#include <torch/types.h>

#include "priorseg/core/error.h"
#include "priorseg/core/option_range.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

constexpr double kLeastOfFloat = 1e-3;
constexpr double kTint = 0.05;  // of the range of the image

/// Rows: the colours of hematoxylin, eosin and DAB as absorptions of red, green and blue, each of length 1.
torch::Tensor stain_colours() {
  const auto colours =
      torch::tensor({{0.65, 0.70, 0.29}, {0.07, 0.99, 0.11}, {0.27, 0.57, 0.78}}, torch::kFloat64);
  return colours / colours.norm(2, 1, /*keepdim=*/true);
}

/// What of each colour's absorption counts for a stain, [3] float32.
torch::Tensor weights_of_stain(ImageChannel stain) {
  const int64_t row = static_cast<int64_t>(stain) - static_cast<int64_t>(ImageChannel::kHematoxylin);
  return stain_colours().inverse().select(1, row).to(torch::kFloat32);
}

}  // namespace

torch::Tensor grey_from_pixels(const torch::Tensor& pixels, ImageChannel channel, double quantum) {
  check_shape(pixels, {std::nullopt, std::nullopt, std::nullopt}, "pixels");
  const bool is_grey = channel == ImageChannel::kAuto || channel == ImageChannel::kGrey;
  if (is_grey) return pixels.size(0) == 1 ? pixels[0] : pixels.mean(0);
  if (pixels.size(0) != 3) {
    throw Error(std::string("channel '") + name_of(channel) +
                "' is asked for, but the image has one channel; expected 3, or channel 'grey'");
  }
  if (channel < ImageChannel::kHematoxylin)
    return pixels[static_cast<int64_t>(channel) - static_cast<int64_t>(ImageChannel::kRed)];
  const auto absorbed = -pixels.clamp_min(quantum > 0 ? quantum : kLeastOfFloat).log10();
  return (absorbed * weights_of_stain(channel).view({3, 1, 1})).sum(0);
}

bool is_coloured(const torch::Tensor& pixels) {
  check_shape(pixels, {std::nullopt, std::nullopt, std::nullopt}, "pixels");
  if (pixels.size(0) != 3 || pixels.numel() == 0) return false;
  const auto finite = torch::nan_to_num(pixels, 0.0, 0.0, 0.0);
  const double range = (finite.max() - finite.min()).item<double>();
  const auto difference = std::get<0>(finite.max(0)) - std::get<0>(finite.min(0));
  return difference.mean().item<double>() > kTint * range;
}

}  // namespace priorseg
