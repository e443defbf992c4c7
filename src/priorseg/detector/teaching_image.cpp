#include "priorseg/detector/teaching_image.h"

#include <algorithm>
#include <cmath>

#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

constexpr double kSignalOfObjects = 4;  // noise sigmas: what is fainter counts as background
constexpr int64_t kRim = 7;             // px: light beside an outline belongs to its object
constexpr int64_t kSmoothing = 5;       // px: single bright pixels are no objects

torch::Tensor smoothed(const torch::Tensor& map) {
  return torch::avg_pool2d(map.unsqueeze(0).unsqueeze(0), kSmoothing, 1, kSmoothing / 2)
      .squeeze(0)
      .squeeze(0);
}

/// [h,w]: 1 inside the masks and on their rim.
torch::Tensor covered(const TeachingImage& image) {
  const int64_t height = image.mapped.size(0), width = image.mapped.size(1);
  const auto kept = torch::nonzero(image.trusted).view({-1});
  if (kept.size(0) == 0) return torch::zeros({height, width});
  const auto masks = image.masks.index_select(0, kept).unsqueeze(1);
  const auto sum = stitch(masks, image.boxes.index_select(0, kept),
                          torch::zeros({kept.size(0)}, torch::kInt64), 1, {height, width});
  return torch::max_pool2d(sum, kRim, 1, kRim / 2).ge(0.3).to(torch::kFloat32).view({height, width});
}

torch::Tensor unknown_places(const TeachingImage& image, const NetworkImage& network, double bright,
                             std::array<int64_t, 2> size_without_padding) {
  const auto stands_out = network.mapped.ge(bright) & network.signal.ge(kSignalOfObjects);
  const auto unexplained = stands_out.to(torch::kFloat32) * (1 - covered(image));
  auto padding = torch::ones_like(network.mapped);
  const int64_t first = network.padding;
  padding.slice(0, first, first + size_without_padding[0])
      .slice(1, first, first + size_without_padding[1])
      .fill_(0);
  return torch::maximum(smoothed(unexplained).gt(0.5).to(torch::kFloat32), padding);
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

TeachingImage teach(Detector& teacher, const torch::Tensor& pixels, double quantum) {
  const torch::NoGradGuard no_grad;
  const auto& rules = teacher.options().self_training;
  const auto inference = teacher.options().inference;
  auto careful = inference;
  careful.presence = std::min(inference.presence, 0.1);  // doubtful objects are to be known as such
  careful.refine_steps = teacher.device().is_cpu() ? rules.refine_steps : 0;
  teacher.set_inference(careful);
  const auto found = teacher.find(pixels, quantum).instances;
  teacher.set_inference(inference);

  const auto network = prepare_image(pixels, quantum, teacher.options(), teacher.scale());
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
  image.unknown = unknown_places(image, network, rules.unknown_level,
                                 {std::llround(static_cast<double>(pixels.size(1)) * network.y_scale),
                                  std::llround(static_cast<double>(pixels.size(2)) * network.x_scale)});
  return image;
}

}  // namespace priorseg
