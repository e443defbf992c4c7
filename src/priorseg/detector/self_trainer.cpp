#include "priorseg/detector/self_trainer.h"

#include <torch/types.h>

#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/learning_rate.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/ops/crop.h"

namespace priorseg {
namespace {

constexpr double kWarmUp = 0.1;         // share of the steps in which the learning rate rises
constexpr double kBoxTolerance = 0.05;  // sides: where the smooth L1 distance turns from square to linear

/// Distance of the boxes in sides of the true ones: centre, and logarithms of height and width.
torch::Tensor box_distance(const torch::Tensor& predicted, const torch::Tensor& wanted) {
  const auto p = predicted.unbind(1), w = wanted.unbind(1);
  const auto side = (w[2] * w[3]).sqrt();
  const auto offsets =
      torch::stack({(p[0] - w[0]) / side, (p[1] - w[1]) / side, (p[2] / w[2]).log(), (p[3] / w[3]).log()}, 1);
  return torch::smooth_l1_loss(offsets, torch::zeros_like(offsets), at::Reduction::Mean, kBoxTolerance);
}

/// Masks in the frame of their own boxes, brought into the frame of other boxes: [P,1,S,S].
torch::Tensor in_other_boxes(const torch::Tensor& masks, const torch::Tensor& boxes,
                             const torch::Tensor& others) {
  const int64_t side = masks.size(2);
  const auto b = boxes.unbind(1), o = others.unbind(1);
  const auto size = static_cast<double>(side);
  const auto frames = torch::stack({((o[0] - b[0]) / b[3] + 0.5) * size, ((o[1] - b[1]) / b[2] + 0.5) * size,
                                    o[2] / b[2] * size, o[3] / b[3] * size},
                                   1);
  return crop(masks, frames.contiguous(), torch::arange(masks.size(0), boxes.options().dtype(torch::kInt64)),
              side);
}

}  // namespace

SelfTrainer::SelfTrainer(Detector& detector, std::vector<TeachingImage> images, uint64_t seed)
    : detector_(detector), images_(std::move(images)), state_(detector, seed, kStage) {
  if (images_.empty()) throw Error("there is no image to train on, expected at least one");
}

SelfTrainer::Terms SelfTrainer::forward(const TeachingBatch& batch) {
  const auto& options = detector_.options();
  const auto& rules = options.self_training;
  const auto predicted = detector_.predict(batch.images);
  Terms terms;
  const auto errors = torch::binary_cross_entropy(predicted.presence.clamp(1e-5, 1 - 1e-5), batch.presence,
                                                  {}, at::Reduction::None);
  terms.found = (errors * batch.known).sum() / batch.known.sum().clamp_min(1);
  terms.box = terms.mask = torch::zeros_like(terms.found);
  terms.total = terms.found;
  if (batch.grid_cells.size(0) == 0) return terms;
  const auto boxes = predicted.boxes.index_select(0, batch.grid_cells);
  terms.box = box_distance(boxes, batch.boxes);
  // The encoder learns to read the boxes that the localizer gives, not to correct them.
  const auto given = boxes.detach();
  const auto latent = detector_.encoder()->forward(
      crop(batch.images, given, batch.image_of_cell, detector_.prior().options().patch_size));
  const auto wanted = in_other_boxes(batch.masks, batch.boxes, given).clamp(0, 1);
  terms.mask = torch::binary_cross_entropy(detector_.decode(latent.mean).clamp(1e-4, 1 - 1e-4), wanted);
  terms.total = terms.found + rules.box_weight * terms.box + rules.mask_weight * terms.mask +
                rules.kl_weight * latent.divergence().mean();
  return terms;
}

std::vector<std::pair<std::string, double>> SelfTrainer::step() {
  const auto& rules = detector_.options().self_training;
  const auto done = static_cast<double>(steps_done() - detector_.options().training.steps);
  TrainingStep step = state_.begin_step(rules.learning_rate *
                                        one_cycle((done + 0.5) / static_cast<double>(rules.steps), kWarmUp));
  auto batch = draw_teaching_crops(images_, detector_.options(), step.random(), step.generator());
  for (auto* tensor : {&batch.images, &batch.presence, &batch.known, &batch.grid_cells, &batch.image_of_cell,
                       &batch.boxes, &batch.masks})
    *tensor = tensor->to(detector_.device());
  const auto terms = forward(batch);
  state_.descend(terms.total);
  return step_figures(
      {{"self_loss", terms.total}, {"found", terms.found}, {"box", terms.box}, {"mask", terms.mask}},
      steps_done());
}

}  // namespace priorseg
