#include <algorithm>
#include <cmath>

#include "priorseg/core/shape_check.h"
#include "priorseg/detector/detector.h"
#include "priorseg/ops/crop.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {
namespace {

constexpr int64_t kBoxesAtOnce = 1024;  // bounds the memory of encoder and decoder

/// At least half the field of view of the localizer in grid cells: two 3x3 convolutions a stage reach
/// 2 x (2^stages - 1) px of the reduced image, and poolings look at the rest of their own grid cell: below 3
/// grid cells.
constexpr int64_t kMarginCells = 3;

/// Mean signal inside the mask minus the lower quartile of the signal around it, in noise sigmas: [N].
torch::Tensor contrast_of(const torch::Tensor& signal_patches, const torch::Tensor& masks) {
  const auto inside = (signal_patches * masks).flatten(1).sum(1) / masks.flatten(1).sum(1).clamp_min(1e-3);
  const auto outside = torch::where(masks < 0.25, signal_patches, torch::full_like(signal_patches, NAN));
  return inside - torch::nan_to_num(torch::nanquantile(outside.flatten(1), 0.25, 1), 0.0);
}

/// Empties objects that are much smaller than the smallest one the user looks for. An object at the border of
/// the image may be the rest of a larger one: a quarter is enough there.
void drop_specks(std::vector<ObjectPixels>& objects, const Instances& instances, double smallest_side) {
  const double least_area = M_PI / 4 * smallest_side * smallest_side;
  for (auto& object : objects) {
    const bool at_border = object.x0 == 0 || object.y0 == 0 || object.x0 + object.width == instances.width ||
                           object.y0 + object.height == instances.height;
    if (static_cast<double>(object.area) < (at_border ? 0.25 : 1.0) * least_area) object = {};
  }
}

}  // namespace

Detector::Candidates Detector::locate(const NetworkImage& image) {
  const int64_t cell = options_.localizer.cell_size();
  const int64_t rows = image.mapped.size(0) / cell;
  const int64_t columns = image.mapped.size(1) / cell;
  const int64_t tile = std::max<int64_t>(1, options_.inference.tile / cell);
  std::vector<torch::Tensor> boxes, scores;
  for (int64_t row = 0; row < rows; row += tile) {
    for (int64_t column = 0; column < columns; column += tile) {
      const int64_t top = std::max<int64_t>(0, row - kMarginCells),
                    left = std::max<int64_t>(0, column - kMarginCells);
      const int64_t bottom = std::min(rows, row + tile + kMarginCells);
      const int64_t right = std::min(columns, column + tile + kMarginCells);
      const auto window =
          image.mapped.slice(0, top * cell, bottom * cell).slice(1, left * cell, right * cell);
      const auto maps = localizer_->forward(window.unsqueeze(0).unsqueeze(0));
      const auto predicted =
          decode_boxes(maps, cell, scale_.scale_min, scale_.scale_max, options_.localizer.max_ratio);
      const auto grid = torch::arange(predicted.presence.size(0), torch::kInt64);
      const auto y = torch::div(grid, predicted.columns, "floor") + top,
                 x = grid.remainder(predicted.columns) + left;
      const auto kept = torch::nonzero((predicted.presence >= options_.inference.presence) & (y >= row) &
                                       (y < std::min(rows, row + tile)) & (x >= column) &
                                       (x < std::min(columns, column + tile)))
                            .view({-1});
      auto found = predicted.boxes.index_select(0, kept);
      found.select(1, 0).add_(static_cast<double>(left * cell));
      found.select(1, 1).add_(static_cast<double>(top * cell));
      boxes.push_back(found);
      scores.push_back(predicted.presence.index_select(0, kept));
    }
  }
  return {torch::cat(boxes), torch::cat(scores)};
}

Instances Detector::read_shapes(const NetworkImage& image, const Candidates& candidates) {
  const int64_t patch = prior_.options().patch_size;
  const auto layers = torch::stack({image.mapped, image.signal}).unsqueeze(0);
  std::vector<torch::Tensor> latents, masks, contrasts;
  for (int64_t first = 0; first < candidates.boxes.size(0); first += kBoxesAtOnce) {
    const auto boxes = candidates.boxes.slice(0, first, first + kBoxesAtOnce).contiguous();
    const auto image_of_box = torch::zeros({boxes.size(0)}, torch::kInt64);
    const auto patches = crop(layers, boxes, image_of_box, patch);
    latents.push_back(encoder_->forward(patches.slice(1, 0, 1)).mean);
    masks.push_back(prior_.decode(latents.back()));
    contrasts.push_back(contrast_of(patches.slice(1, 1, 2), masks.back()));
  }
  Instances result;
  if (latents.empty()) {
    result.boxes = torch::zeros({0, 4});
    result.scores = torch::zeros({0});
    result.latents = torch::zeros({0, prior_.options().latent_size});
    result.masks = torch::zeros({0, patch, patch});
    return result;
  }
  result.boxes = candidates.boxes;
  result.scores = candidates.scores;
  result.latents = torch::cat(latents);
  result.masks = torch::cat(masks).squeeze(1).contiguous();
  if (options_.inference.min_contrast <= 0) return result;
  return result.select(torch::nonzero(torch::cat(contrasts) >= options_.inference.min_contrast).view({-1}));
}

Detections Detector::find(const torch::Tensor& pixels, double quantum) {
  check_shape(pixels, {std::nullopt, std::nullopt, std::nullopt}, "pixels");
  torch::NoGradGuard no_grad;
  set_training(false);
  const auto image = prepare_image(pixels, quantum, options_, scale_);
  Instances found = read_shapes(image, locate(image));
  found.height = pixels.size(1);
  found.width = pixels.size(2);
  // Network pixels to the user's pixels.
  const auto padding = static_cast<double>(image.padding);
  found.boxes =
      torch::stack({(found.boxes.select(1, 0) - padding) / image.x_scale,
                    (found.boxes.select(1, 1) - padding) / image.y_scale,
                    found.boxes.select(1, 2) / image.y_scale, found.boxes.select(1, 3) / image.x_scale},
                   1);

  auto objects = rasterize(found, options_.inference.mask_threshold);
  drop_specks(objects, found, options_.inference.min_size_share * options_.size.min);
  const auto scores = found.scores.contiguous();
  const std::vector<float> score_list(scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
  const auto rule = options_.inference.nms == "paper" ? NmsRule::kPaper : NmsRule::kGreedy;
  const auto kept = mask_nms(objects, score_list, options_.inference.max_overlap, rule);
  Detections result;
  result.instances = found.select(torch::tensor(kept, torch::kInt64));
  for (const int64_t i : kept) result.objects.push_back(std::move(objects[static_cast<size_t>(i)]));
  return result;
}

}  // namespace priorseg
