#include "priorseg/detector/refine.h"

#include <torch/optim/adam.h>

#include <algorithm>
#include <cmath>

#include "priorseg/detector/loss.h"
#include "priorseg/image/gradient_map.h"
#include "priorseg/ops/crop.h"
#include "priorseg/ops/sobel.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

constexpr int64_t kTile = 384;  // px: small enough for the processor's cache
// Mean foreground under an object from which on it is refined. The region term knows one level of brightness
// for all objects: it would shrink those that are dimmer.
constexpr double kBright = 0.5;
constexpr double kBoxRate = 0.01;     // first learning rate of a box, in sides of the box
constexpr double kLatentRate = 0.05;  // of a latent, in standard deviations of the prior; both fall to zero

/// The part of an image around the objects that are centred in one tile.
struct Window {
  int64_t top, left, bottom, right;  // px of the image
  torch::Tensor own, neighbours;  // indices of objects centred in the tile, and of others that reach into it
};

/// Half the sides of the boxes: [N,2] (across, down).
torch::Tensor half_sides(const torch::Tensor& boxes) {
  return 0.5 * torch::stack({boxes.select(1, 3), boxes.select(1, 2)}, 1);
}

Window window_around(const torch::Tensor& boxes, const torch::Tensor& in_tile, int64_t height,
                     int64_t width) {
  const auto centres = boxes.slice(1, 0, 2), halves = half_sides(boxes);
  Window window;
  window.own = torch::nonzero(in_tile).view({-1});
  constexpr double kRoom = 4;  // px: objects grow and move
  const auto first = std::get<0>((centres - halves).index_select(0, window.own).min(0)) - kRoom;
  const auto last = std::get<0>((centres + halves).index_select(0, window.own).max(0)) + kRoom;
  const auto bounded = [](const torch::Tensor& place, int64_t most) {
    return std::clamp<int64_t>(std::llround(place.item<double>()), 0, most);
  };
  window.left = bounded(first[0], width);
  window.top = bounded(first[1], height);
  window.right = bounded(last[0], width);
  window.bottom = bounded(last[1], height);
  const auto x = boxes.select(1, 0), y = boxes.select(1, 1);
  const auto half_x = halves.select(1, 0), half_y = halves.select(1, 1);
  const auto reaches_in = (x + half_x > window.left) & (x - half_x < window.right) &
                          (y + half_y > window.top) & (y - half_y < window.bottom);
  window.neighbours = torch::nonzero(reaches_in & ~in_tile).view({-1});
  return window;
}

/// Edges and masks of objects in a window: [1,2,h,w].
torch::Tensor stitch_objects(const torch::Tensor& masks, const torch::Tensor& boxes, const Window& window) {
  const auto layers = torch::cat({sobel_magnitude(masks).clamp_max(1), masks}, 1);
  const auto corner = torch::tensor(
      {static_cast<double>(window.left), static_cast<double>(window.top), 0.0, 0.0}, boxes.options());
  return stitch(layers, boxes - corner, torch::zeros({boxes.size(0)}, torch::kInt64), 1,
                {window.bottom - window.top, window.right - window.left});
}

/// Boxes moved by shifts [N,4]: of the centre in sides (geometric mean), of height and width as logarithms.
torch::Tensor moved(const torch::Tensor& boxes, const torch::Tensor& shifts) {
  const auto by = shifts.clamp(-kMostShift, kMostShift).unbind(1);
  const auto side = (boxes.select(1, 2) * boxes.select(1, 3)).sqrt();
  return torch::stack({boxes.select(1, 0) + by[0] * side, boxes.select(1, 1) + by[1] * side,
                       boxes.select(1, 2) * by[2].exp(), boxes.select(1, 3) * by[3].exp()},
                      1);
}

/// [N]: mean foreground under each mask.
torch::Tensor foreground_under(const Instances& objects, const torch::Tensor& mapped,
                               const LossOptions& loss) {
  const auto foreground = foreground_map(mapped, loss).unsqueeze(0).unsqueeze(0).contiguous();
  const auto none = torch::zeros({objects.size()}, torch::kInt64);
  const auto seen = crop(foreground, objects.boxes.contiguous(), none, objects.masks.size(1)).squeeze(1);
  return (seen * objects.masks).sum({1, 2}) / objects.masks.sum({1, 2}).clamp_min(1e-3);
}

class Refinement {
 public:
  Refinement(const Instances& objects, const NetworkImage& image, const ShapePrior& prior,
             const DetectorOptions& options, int64_t steps, Observer& observer)
      : before_(objects),
        image_(image),
        prior_(prior),
        loss_(options.loss),
        steps_(steps),
        observer_(observer),
        result_(objects) {
    loss_.object_price = 0;  // no object is added or taken away
    loss_.kl_weight = 0;
    const int64_t height = image.mapped.size(0), width = image.mapped.size(1);
    gradient_scale_ = gradient_full_scale(
        sobel_magnitude(image.mapped.contiguous().view({1, 1, height, width})), options.gradient);
    result_.boxes = objects.boxes.clone();
    result_.latents = objects.latents.clone();
  }

  Instances run() {
    const int64_t height = image_.mapped.size(0), width = image_.mapped.size(1);
    const auto bright = foreground_under(before_, image_.mapped, loss_).ge(kBright);
    const auto tile_of = [](const torch::Tensor& centres, int64_t length) {
      return torch::floor(centres / kTile).clamp(0, static_cast<double>((length - 1) / kTile));
    };
    const auto column = tile_of(before_.boxes.select(1, 0), width),
               row = tile_of(before_.boxes.select(1, 1), height);
    for (int64_t y = 0; y * kTile < height; ++y)
      for (int64_t x = 0; x * kTile < width; ++x) {
        const auto in_tile = (row == y) & (column == x) & bright;
        if (!in_tile.any().item<bool>()) continue;
        const Window window = window_around(before_.boxes, in_tile, height, width);
        if (window.top < window.bottom && window.left < window.right) refine_window(window);
      }
    result_.masks = prior_.decode(result_.latents).squeeze(1).contiguous();
    return result_;
  }

 private:
  void refine_window(const Window& window) {
    LossInput input;
    const auto seen = image_.mapped.slice(0, window.top, window.bottom)
                          .slice(1, window.left, window.right)
                          .contiguous()
                          .unsqueeze(0)
                          .unsqueeze(0);
    input.image_edges = (sobel_magnitude(seen) / gradient_scale_).clamp_max(1);
    input.foreground = foreground_map(seen, loss_);
    input.presence = input.divergence = torch::zeros({1});
    const auto others = stitch_objects(before_.masks.index_select(0, window.neighbours).unsqueeze(1),
                                       before_.boxes.index_select(0, window.neighbours), window);
    const auto boxes = before_.boxes.index_select(0, window.own);
    const auto latents = before_.latents.index_select(0, window.own).clone().requires_grad_();
    const auto shifts = torch::zeros_like(boxes).requires_grad_();

    const torch::AutoGradMode with_derivative(true);
    using torch::optim::AdamOptions;
    torch::optim::Adam adam({{{shifts}, std::make_unique<AdamOptions>(kBoxRate)},
                             {{latents}, std::make_unique<AdamOptions>(kLatentRate)}});
    for (int64_t step = 0; step < steps_; ++step) {
      observer_.check_stop();
      const double share = 1 - static_cast<double>(step) / static_cast<double>(steps_);
      adam.param_groups()[0].options().set_lr(kBoxRate * share);
      adam.param_groups()[1].options().set_lr(kLatentRate * share);
      const auto stitched = others + stitch_objects(prior_.decode(latents), moved(boxes, shifts), window);
      input.stitched_edges = stitched.slice(1, 0, 1);
      input.stitched_masks = stitched.slice(1, 1, 2);
      adam.zero_grad();
      detector_loss(input, loss_).total.backward();
      adam.step();
    }
    result_.boxes.index_copy_(0, window.own, moved(boxes, shifts).detach());
    result_.latents.index_copy_(0, window.own, latents.detach());
  }

  const Instances& before_;
  const NetworkImage& image_;
  const ShapePrior& prior_;
  LossOptions loss_;
  int64_t steps_;
  Observer& observer_;
  double gradient_scale_;
  Instances result_;
};

}  // namespace

Instances refine_outlines(const Instances& objects, const NetworkImage& image, const ShapePrior& prior,
                          const DetectorOptions& options, int64_t steps, Observer& observer) {
  if (steps <= 0 || objects.size() == 0) return objects;
  const torch::NoGradGuard no_grad;
  return Refinement(objects, image, prior, options, steps, observer).run();
}

}  // namespace priorseg
