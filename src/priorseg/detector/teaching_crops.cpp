#include "priorseg/detector/teaching_crops.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "priorseg/detector/pasted_objects.h"
#include "priorseg/image/resample.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

constexpr double kNearBorder =
    0.25;  // grid cells: an object centred so near could as well be the neighbour's
constexpr double kUnknownShare = 0.4;   // of a grid cell, from which on it is left out
constexpr double kDoubtfulShare = 0.3;  // of a grid cell under a doubtful object, likewise

/// A window of an image with the objects that reach into it.
TeachingImage window_of(const TeachingImage& image, int64_t size, Random& random) {
  const int64_t rows = std::max<int64_t>(0, size - image.mapped.size(0)),
                columns = std::max<int64_t>(0, size - image.mapped.size(1));
  const auto mapped = pad_mirrored(image.mapped, 0, rows, 0, columns);
  const auto unknown = torch::constant_pad_nd(image.unknown, {0, columns, 0, rows}, 1);
  const int64_t top = random.integer(0, mapped.size(0) - size),
                left = random.integer(0, mapped.size(1) - size);
  TeachingImage window;
  window.mapped = mapped.slice(0, top, top + size).slice(1, left, left + size);
  window.unknown = unknown.slice(0, top, top + size).slice(1, left, left + size);
  const auto corner =
      torch::tensor({static_cast<double>(left), static_cast<double>(top), 0.0, 0.0}, image.boxes.options());
  const auto boxes = image.boxes - corner;
  const auto x = boxes.select(1, 0), y = boxes.select(1, 1);
  const auto half_height = boxes.select(1, 2) / 2, half_width = boxes.select(1, 3) / 2;
  const auto inside = torch::nonzero((x + half_width > 0) & (x - half_width < size) & (y + half_height > 0) &
                                     (y - half_height < size))
                          .view({-1});
  window.boxes = boxes.index_select(0, inside);
  window.masks = image.masks.index_select(0, inside);
  window.trusted = image.trusted.index_select(0, inside);
  return window;
}

/// @param dimension  0: top to bottom, 1: left to right.
void mirror(TeachingImage& crop, int64_t dimension) {
  const auto side = static_cast<double>(crop.mapped.size(dimension));
  crop.mapped = crop.mapped.flip(dimension);
  crop.unknown = crop.unknown.flip(dimension);
  crop.masks = crop.masks.flip(dimension + 1);
  crop.boxes.select(1, 1 - dimension).mul_(-1).add_(side);
}

void transpose(TeachingImage& crop) {
  crop.mapped = crop.mapped.t();
  crop.unknown = crop.unknown.t();
  crop.masks = crop.masks.transpose(1, 2);
  const auto box = crop.boxes.unbind(1);
  crop.boxes = torch::stack({box[1], box[0], box[3], box[2]}, 1);
}

torch::Tensor blurred(const torch::Tensor& image) {
  const auto padded = torch::replication_pad2d(image.unsqueeze(0).unsqueeze(0), {1, 1, 1, 1});
  return torch::avg_pool2d(padded, 3, 1).squeeze(0).squeeze(0);
}

torch::Tensor changed(torch::Tensor image, const SelfTrainingOptions& rules, Random& random,
                      at::Generator& generator) {
  if (random.chance(0.6)) image = image * random.uniform(rules.darkest, 1.0);
  if (random.chance(0.5)) image = image.clamp_min(1e-4).pow(random.uniform(0.7, 1.4));
  if (random.chance(0.3)) image = blurred(image);
  if (random.chance(0.5))
    image = image + torch::randn(image.sizes(), generator) * random.uniform(0, rules.noise);
  return image.clamp(0, 1);
}

/// What the grid cells of one crop are to learn.
struct GridTargets {
  torch::Tensor presence, known;  // [G,G]
  std::vector<int64_t> cells;     // of the objects to learn
  std::vector<int64_t> objects;   // their indices
};

torch::Tensor share_of_cells(const torch::Tensor& map, int64_t cell) {
  return torch::avg_pool2d(map.contiguous().view({1, 1, map.size(0), map.size(1)}), cell)
      .squeeze(0)
      .squeeze(0);
}

/// [G,G] bool: grid cells that hold much of a doubtful object.
torch::Tensor doubtful_cells(const TeachingImage& crop, int64_t cell) {
  const int64_t side = crop.mapped.size(0);
  const auto doubtful = torch::nonzero(~crop.trusted).view({-1});
  const auto sum = stitch(crop.masks.index_select(0, doubtful).unsqueeze(1).contiguous(),
                          crop.boxes.index_select(0, doubtful).contiguous(),
                          torch::zeros({doubtful.size(0)}, torch::kInt64), 1, {side, side});
  return share_of_cells(sum.view({side, side}), cell).gt(kDoubtfulShare);
}

GridTargets grid_targets(const TeachingImage& crop, int64_t cell) {
  const int64_t grid = crop.mapped.size(0) / cell;
  GridTargets targets;
  targets.presence = torch::zeros({grid, grid});
  targets.known = 1 - share_of_cells(crop.unknown, cell).gt(kUnknownShare).to(torch::kFloat32);
  targets.known.masked_fill_(doubtful_cells(crop, cell), 0);
  auto presence = targets.presence.accessor<float, 2>(), known = targets.known.accessor<float, 2>();
  const auto boxes = crop.boxes.contiguous();
  const auto box = boxes.accessor<float, 2>();
  const auto trusted = crop.trusted.accessor<bool, 1>();
  // How far (x, y) lies from a grid cell in grid cells.
  const auto distance = [](double place, int64_t index) {
    return std::max({static_cast<double>(index) - place, place - static_cast<double>(index + 1), 0.0});
  };
  for (int64_t n = 0; n < boxes.size(0); ++n) {
    const double x = box[n][0] / static_cast<double>(cell), y = box[n][1] / static_cast<double>(cell);
    const auto column = static_cast<int64_t>(std::floor(x)), row = static_cast<int64_t>(std::floor(y));
    if (!trusted[n] || column < 0 || row < 0 || column >= grid || row >= grid) continue;
    for (int64_t r = std::max<int64_t>(0, row - 1); r <= std::min(grid - 1, row + 1); ++r)
      for (int64_t c = std::max<int64_t>(0, column - 1); c <= std::min(grid - 1, column + 1); ++c)
        if (std::hypot(distance(x, c), distance(y, r)) < kNearBorder && presence[r][c] == 0) known[r][c] = 0;
    if (presence[row][column] > 0) continue;  // two objects in one grid cell: the first one is learned
    presence[row][column] = known[row][column] = 1;
    targets.cells.push_back(row * grid + column);
    targets.objects.push_back(n);
  }
  return targets;
}

}  // namespace

TeachingBatch draw_teaching_crops(const std::vector<TeachingImage>& images, const DetectorOptions& options,
                                  Random& random, at::Generator& generator) {
  const int64_t size = options.training.crop_size, cell = options.localizer.cell_size();
  const int64_t grid = size / cell;
  std::vector<torch::Tensor> crops, presence, known, boxes, masks;
  std::vector<int64_t> cells, image_of_cell;
  for (int64_t b = 0; b < options.training.batch_size; ++b) {
    auto crop =
        window_of(images[static_cast<size_t>(random.integer(0, std::ssize(images) - 1))], size, random);
    if (random.chance(0.5)) mirror(crop, 0);
    if (random.chance(0.5)) mirror(crop, 1);
    if (random.chance(0.5)) transpose(crop);
    crop.mapped = crop.mapped.clone(torch::MemoryFormat::Contiguous);
    crop.unknown = crop.unknown.clone(torch::MemoryFormat::Contiguous);
    paste_touching_objects(crop, images, options.self_training.pasted, random);
    const auto targets = grid_targets(crop, cell);
    const auto objects = torch::tensor(targets.objects, torch::kInt64);
    crops.push_back(changed(crop.mapped, options.self_training, random, generator));
    presence.push_back(targets.presence.flatten());
    known.push_back(targets.known.flatten());
    boxes.push_back(crop.boxes.index_select(0, objects));
    masks.push_back(crop.masks.index_select(0, objects));
    for (const int64_t index : targets.cells) {
      cells.push_back(b * grid * grid + index);
      image_of_cell.push_back(b);
    }
  }
  return {torch::stack(crops).unsqueeze(1),
          torch::cat(presence),
          torch::cat(known),
          torch::tensor(cells, torch::kInt64),
          torch::tensor(image_of_cell, torch::kInt64),
          torch::cat(boxes).contiguous(),
          torch::cat(masks).unsqueeze(1).contiguous()};
}

}  // namespace priorseg
