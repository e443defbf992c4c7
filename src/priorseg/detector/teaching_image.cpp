#include "priorseg/detector/teaching_image.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

constexpr double kSignalOfObjects = 4;  // noise sigmas: what is fainter counts as background
constexpr int64_t kRim = 7;             // px: light beside an outline belongs to its object
constexpr double kLeastBright = 1e-3;   // of the pixels: less says nothing
constexpr int64_t kSmoothing = 5;       // px: single bright pixels are no objects

torch::Tensor smoothed(const torch::Tensor& map) {
  return torch::avg_pool2d(map.unsqueeze(0).unsqueeze(0), kSmoothing, 1, kSmoothing / 2)
      .squeeze(0)
      .squeeze(0);
}

/// [h,w]: 1 inside the masks that are chosen (bool) and on their rim.
torch::Tensor covered(const TeachingImage& image, const torch::Tensor& chosen) {
  const int64_t height = image.mapped.size(0), width = image.mapped.size(1);
  const auto kept = torch::nonzero(chosen).view({-1});
  if (kept.size(0) == 0) return torch::zeros({height, width});
  const auto masks = image.masks.index_select(0, kept).unsqueeze(1);
  const auto sum = stitch(masks, image.boxes.index_select(0, kept),
                          torch::zeros({kept.size(0)}, torch::kInt64), 1, {height, width});
  return torch::max_pool2d(sum, kRim, 1, kRim / 2).ge(0.3).to(torch::kFloat32).view({height, width});
}

/// [h,w] bool: at least so bright, and no noise.
torch::Tensor stands_out(const NetworkImage& network, double bright) {
  return network.mapped.ge(bright) & network.signal.ge(kSignalOfObjects);
}

/// [h,w]: 1 in the padding.
torch::Tensor padding_of(const NetworkImage& network, std::array<int64_t, 2> size_without_padding) {
  auto padding = torch::ones_like(network.mapped);
  const int64_t first = network.padding;
  padding.slice(0, first, first + size_without_padding[0])
      .slice(1, first, first + size_without_padding[1])
      .fill_(0);
  return padding;
}

/// Takes out trusted objects whose size is not of the level.
/// @param fill  share of a box that its object takes.
void leave_to_other_levels(TeachingImage& image, const NetworkScale& level, double fill) {
  const auto size = (image.boxes.select(1, 2) * image.boxes.select(1, 3)).sqrt() * fill;
  const auto is_of_level = size.ge(level.min_size) & size.le(level.max_size);
  const auto kept = torch::nonzero(is_of_level | ~image.trusted).view({-1});
  image.boxes = image.boxes.index_select(0, kept);
  image.masks = image.masks.index_select(0, kept);
  image.trusted = image.trusted.index_select(0, kept);
}

torch::Tensor unknown_places(const TeachingImage& image, const torch::Tensor& bright) {
  const auto unexplained = bright.to(torch::kFloat32) * (1 - covered(image, image.trusted));
  return smoothed(unexplained).gt(0.5).to(torch::kFloat32);
}

}  // namespace

torch::Tensor ellipse_fill(const torch::Tensor& masks) {
  const int64_t side = masks.size(1);
  const auto inside = masks.ge(0.5).to(torch::kFloat32);
  const auto area = inside.sum({1, 2});
  const auto weights = inside / area.clamp_min(1).view({-1, 1, 1});
  const auto places = torch::arange(side, torch::kFloat32);
  const auto x = places.view({1, 1, side}), y = places.view({1, side, 1});
  const auto mean = [&](const torch::Tensor& values) { return (weights * values).sum({1, 2}); };
  const auto dx = x - mean(x).view({-1, 1, 1}), dy = y - mean(y).view({-1, 1, 1});
  const double pixel = 1.0 / 12;  // variance of a pixel's own square
  const auto xx = mean(dx.square()) + pixel, yy = mean(dy.square()) + pixel, xy = mean(dx * dy);
  return area / (4 * M_PI * (xx * yy - xy.square()).clamp_min(1e-6).sqrt());
}

namespace {

/// What the teacher knows of an image at one of its levels.
/// @param is_only  the level is the only one of the image.
TeachingImage teach_at(const NetworkScale& level, bool is_only, const Detector& teacher, const Image& given,
                       const Instances& found) {
  const auto& rules = teacher.options().self_training;
  const auto network = prepare_image(given, teacher.options(), level);
  const auto padding = static_cast<double>(network.padding);
  TeachingImage image;
  image.mapped = network.mapped;
  image.boxes =
      torch::stack({found.boxes.select(1, 0) * network.x_scale + padding,
                    found.boxes.select(1, 1) * network.y_scale + padding,
                    found.boxes.select(1, 2) * network.y_scale, found.boxes.select(1, 3) * network.x_scale},
                   1);
  image.masks = found.masks;
  image.trusted = found.scores.ge(rules.min_score) & ellipse_fill(found.masks).ge(rules.min_ellipse_fill);
  const auto outside =
      padding_of(network, {std::llround(static_cast<double>(given.height) * network.y_scale),
                           std::llround(static_cast<double>(given.width) * network.x_scale)});
  image.unknown = torch::maximum(unknown_places(image, stands_out(network, rules.unknown_level)), outside);
  const auto bright = stands_out(network, teacher.options().loss.foreground_level) & outside.eq(0);
  const auto in_object = covered(image, torch::ones_like(image.trusted)).gt(0);
  image.bright = bright.sum().item<int64_t>();
  image.explained = (bright & in_object).sum().item<int64_t>();
  if (!is_only) leave_to_other_levels(image, level, teacher.prior().options().fill);
  return image;
}

}  // namespace

std::vector<TeachingImage> teach(const Detector& teacher, const Image& given, Observer& observer) {
  const torch::NoGradGuard no_grad;
  const auto& rules = teacher.options().self_training;
  auto careful = teacher.options().inference;
  careful.presence = std::min(careful.presence, 0.1);  // doubtful objects are to be known as such
  careful.min_score = 0;
  careful.border_level = 0;  // the decoder is to learn what it can draw
  careful.refine_steps = rules.refine_steps;
  const auto found = teacher.find(given, careful, observer).instances;
  const auto levels = teacher.levels_of(given);
  std::vector<TeachingImage> images;
  for (const auto& level : levels)
    images.push_back(teach_at(level, levels.size() == 1, teacher, given, found));
  return images;
}

double explained_share(const std::vector<TeachingImage>& images) {
  int64_t bright = 0, explained = 0, pixels = 0;
  for (const auto& image : images) {
    bright += image.bright;
    explained += image.explained;
    pixels += image.mapped.numel();
  }
  if (static_cast<double>(bright) < kLeastBright * static_cast<double>(pixels)) return 1;
  return static_cast<double>(explained) / static_cast<double>(bright);
}

}  // namespace priorseg
