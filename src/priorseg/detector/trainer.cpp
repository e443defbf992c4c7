#include "priorseg/detector/trainer.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/learning_rate.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/ops/crop.h"
#include "priorseg/ops/sobel.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

/// The boxes that take part in a step. Boxes that are all but absent add next to nothing to the stitched
/// maps; the likeliest are taken, with Gumbel noise on the logits so that every grid cell is tried now and
/// then.
PredictedBoxes choose_boxes(const PredictedBoxes& all, const TrainingOptions& training,
                            at::Generator& generator) {
  if (training.boxes >= 1) return all;
  const auto count =
      std::max<int64_t>(1, std::llround(training.boxes * static_cast<double>(all.presence.size(0))));
  const auto presence = all.presence.detach();
  const auto uniform = torch::rand(presence.sizes(), generator).to(presence.device()).clamp(1e-6, 1 - 1e-6);
  const auto rank = torch::log(presence / (1 - presence)) - torch::log(-torch::log(uniform));
  const auto chosen = std::get<0>(std::get<1>(rank.topk(count)).sort());
  PredictedBoxes result = all;
  result.presence = all.presence.index_select(0, chosen);
  result.boxes = all.boxes.index_select(0, chosen);
  result.image_of_box = all.image_of_box.index_select(0, chosen);
  return result;
}

}  // namespace

Trainer::Trainer(Detector& detector, std::vector<TrainingImage> images, uint64_t seed)
    : detector_(detector), images_(std::move(images)), state_(detector, seed, kStage) {
  if (images_.empty()) throw Error("there is no image to train on, expected at least one");
}

LossTerms Trainer::forward(const CropBatch& batch, at::Generator& generator) {
  const auto& options = detector_.options();
  LossInput input;
  input.image_edges = (sobel_magnitude(batch.images) / batch.gradient_scales).clamp_max(1);
  input.foreground = foreground_map(batch.images, options.loss);

  const auto predicted = detector_.predict(batch.images);
  const auto chosen = choose_boxes(predicted, options.training, generator);
  const auto crop_boxes = options.training.box_gradient_of_crop ? chosen.boxes : chosen.boxes.detach();
  const auto patches =
      crop(batch.images, crop_boxes, chosen.image_of_box, detector_.prior().options().patch_size);
  const auto latent = detector_.encoder()->forward(patches);
  const auto masks = detector_.decode(latent.sample(generator));
  const auto weighted =
      torch::cat({sobel_magnitude(masks).clamp_max(1), masks}, 1) * chosen.presence.view({-1, 1, 1, 1});
  const auto stitched = stitch(weighted, chosen.boxes, chosen.image_of_box, batch.images.size(0),
                               {batch.images.size(2), batch.images.size(3)});
  input.stitched_edges = stitched.slice(1, 0, 1);
  input.stitched_masks = stitched.slice(1, 1, 2);
  input.presence = predicted.presence;
  input.divergence = latent.divergence();
  return detector_loss(input, options.loss);
}

std::vector<std::pair<std::string, double>> Trainer::step() {
  const auto& training = detector_.options().training;
  const double share = (static_cast<double>(steps_done()) + 0.5) / static_cast<double>(training.steps);
  TrainingStep step = state_.begin_step(training.learning_rate * one_cycle(share, training.warm_up));
  auto batch = draw_crops(images_, detector_.options(), step.random(), step.generator());
  batch.images = batch.images.to(detector_.device());
  batch.gradient_scales = batch.gradient_scales.to(detector_.device());
  const auto terms = forward(batch, step.generator());
  state_.descend(terms.total);
  return step_figures({{"loss", terms.total},
                       {"edge", terms.edge},
                       {"region", terms.region},
                       {"presence", terms.presence},
                       {"overlap", terms.overlap},
                       {"kl", terms.divergence}},
                      steps_done());
}

}  // namespace priorseg
