#include <torch/nn/functional/vision.h>

#include <algorithm>
#include <cmath>

#include "priorseg/ops/input_checks.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

namespace F = torch::nn::functional;

/// Boxes of similar size share a window; the fewer of them, the better the windows fit, the more operators
/// run.
constexpr int64_t kBoxesPerChunk = 64;

struct PixelSize {
  int64_t height = 0, width = 0;
};

/// Numbers of the pixels of a window along one axis, [n, length], inside [0, image_length): where the box
/// begins, moved so that the window stays in the image. It still holds all pixels of the image that the box
/// reaches.
torch::Tensor window_pixels(const torch::Tensor& begin, int64_t length, int64_t image_length) {
  const auto first = begin.floor().clamp(0, image_length - length).to(torch::kInt64);
  return first.unsqueeze(1) + torch::arange(length, first.options());
}

/// Position of the pixels in the patch as grid_sample counts, -1 to 1 over the box. [n, length].
torch::Tensor patch_position(const torch::Tensor& pixels, const torch::Tensor& center,
                             const torch::Tensor& length) {
  const auto position =
      2 * (pixels.to(center.scalar_type()) + 0.5 - center.unsqueeze(1)) / length.unsqueeze(1);
  // Beyond 2 lies nothing for any patch side; a tiny box would reach infinity.
  return position.clamp(-3, 3);
}

/// Adds patches to `flat_images` [C, B*H*W].
void add_chunk(torch::Tensor& flat_images, const torch::Tensor& patches, const torch::Tensor& boxes,
               const torch::Tensor& image_of_box, PixelSize image, PixelSize window) {
  const auto cx = boxes.select(1, 0), cy = boxes.select(1, 1), height = boxes.select(1, 2),
             width = boxes.select(1, 3);
  const double reach = 0.5 + 0.5 / static_cast<double>(patches.size(2));
  const auto x = window_pixels((cx - reach * width - 0.5).detach(), window.width, image.width);
  const auto y = window_pixels((cy - reach * height - 0.5).detach(), window.height, image.height);
  const auto u = patch_position(x, cx, width).unsqueeze(1).expand({-1, window.height, -1});
  const auto v = patch_position(y, cy, height).unsqueeze(2).expand({-1, -1, window.width});
  const auto sampled = F::grid_sample(
      patches, torch::stack({u, v}, 3),
      F::GridSampleFuncOptions().mode(torch::kBilinear).padding_mode(torch::kZeros).align_corners(false));
  const auto row = image_of_box.unsqueeze(1) * image.height + y;
  const auto pixel = row.unsqueeze(2) * image.width + x.unsqueeze(1);
  flat_images.index_add_(1, pixel.reshape({-1}), sampled.transpose(0, 1).reshape({patches.size(1), -1}));
}

}  // namespace

torch::Tensor stitch_portable(const torch::Tensor& patches, const torch::Tensor& boxes,
                              const torch::Tensor& image_of_box, int64_t num_images,
                              std::array<int64_t, 2> image_size) {
  check_stitch(patches, boxes, image_of_box, num_images, image_size);
  const PixelSize image{image_size[0], image_size[1]};
  // The empty sums keep the result differentiable where no box covers anything.
  const auto zero = patches.slice(0, 0, 0).sum() + boxes.slice(0, 0, 0).sum();
  auto flat_images = zero.expand({patches.size(1), num_images * image.height * image.width}).clone();
  if (flat_images.numel() == 0)
    return flat_images.reshape({num_images, patches.size(1), image.height, image.width});

  // Boxes that cover nothing leave the computation here and get no gradient. Small boxes first.
  const auto covering = covering_boxes(boxes).nonzero().squeeze(1);
  const auto extent = std::get<0>(boxes.detach().index_select(0, covering).slice(1, 2, 4).max(1));
  const auto order = covering.index_select(0, extent.argsort());
  for (int64_t first = 0; first < order.size(0); first += kBoxesPerChunk) {
    const auto chunk = order.slice(0, first, first + kBoxesPerChunk);
    const auto chunk_boxes = boxes.index_select(0, chunk);
    const auto largest =
        std::get<0>(chunk_boxes.detach().slice(1, 2, 4).max(0)).to(torch::kCPU, torch::kFloat64);
    const double reach = 1.0 + 1.0 / static_cast<double>(patches.size(2));
    const auto window_length = [&](int64_t i, int64_t image_length) {
      const double wanted = std::ceil(largest[i].item<double>() * reach) + 2;
      return static_cast<int64_t>(std::min(wanted, static_cast<double>(image_length)));
    };
    const PixelSize window{window_length(0, image.height), window_length(1, image.width)};
    add_chunk(flat_images, patches.index_select(0, chunk), chunk_boxes, image_of_box.index_select(0, chunk),
              image, window);
  }
  return flat_images.reshape({patches.size(1), num_images, image.height, image.width})
      .transpose(0, 1)
      .contiguous();
}

}  // namespace priorseg
