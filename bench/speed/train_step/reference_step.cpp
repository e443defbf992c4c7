#include "reference_step.h"

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <string>

#include "priorseg/core/generator.h"
#include "priorseg/detector/loss.h"
#include "priorseg/detector/trainer.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/nn/state.h"
#include "priorseg/ops/sobel.h"

namespace priorseg::bench {
namespace {

namespace F = torch::nn::functional;

/// The layers of a network by name: they are called one by one here, so that nothing changes the memory
/// format.
template <class Layer>
Layer& child(torch::nn::Module& network, const std::string& name) {
  return *network.named_children()[name]->as<Layer>();
}

torch::Tensor run_localizer(LocalizerImpl& localizer, const LocalizerOptions& options,
                            const torch::Tensor& images) {
  const auto seen = options.reduction == 1 ? images : torch::avg_pool2d(images, options.reduction);
  return child<torch::nn::Conv2d::ContainedType>(localizer, "head")
      .forward(child<torch::nn::Sequential::ContainedType>(localizer, "stages").forward(seen));
}

LatentDistribution run_encoder(EncoderImpl& encoder, const torch::Tensor& patches) {
  const auto features = child<torch::nn::Sequential::ContainedType>(encoder, "stages").forward(patches);
  const auto halves =
      child<torch::nn::Linear::ContainedType>(encoder, "head").forward(features.flatten(1)).chunk(2, 1);
  return {halves[0], halves[1].clamp(-10, 10)};
}

torch::Tensor run_decoder(Decoder& decoder, const DecoderOptions& options, int64_t patch,
                          const torch::Tensor& latents) {
  auto& layers = child<torch::nn::Sequential::ContainedType>(*decoder, "layers");
  if (options.kind == DecoderKind::kDense)
    return torch::sigmoid(layers.forward(latents).view({-1, 1, patch, patch}));
  const int64_t side = patch >> options.channels.size();
  const auto entrance = child<torch::nn::Linear::ContainedType>(*decoder, "entrance").forward(latents);
  return torch::sigmoid(
      layers.forward(torch::relu(entrance).view({-1, options.channels.front(), side, side})));
}

torch::Tensor sample(const torch::Tensor& input, const torch::Tensor& grid, bool border) {
  auto options = F::GridSampleFuncOptions().mode(torch::kBilinear).align_corners(false);
  if (border) return F::grid_sample(input, grid, options.padding_mode(torch::kBorder));
  return F::grid_sample(input, grid, options.padding_mode(torch::kZeros));
}

/// Affine maps of F::affine_grid, [N,2,3], without shear.
torch::Tensor affine(const torch::Tensor& x_scale, const torch::Tensor& x_shift, const torch::Tensor& y_scale,
                     const torch::Tensor& y_shift) {
  const auto zero = torch::zeros_like(x_scale);
  return torch::stack({torch::stack({x_scale, zero, x_shift}, 1), torch::stack({zero, y_scale, y_shift}, 1)},
                      1);
}

}  // namespace

ReferenceStep::ReferenceStep(Detector& detector, std::vector<TrainingImage> images, uint64_t seed,
                             int64_t window)
    : detector_(detector), images_(std::move(images)), seed_(seed), window_(window) {
  const auto& prior = detector_.prior().options();
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  detector_.prior().collect(tensors, settings);
  decoder_ = Decoder(prior.decoder, prior.patch_size, prior.latent_size);
  restore_state(*decoder_, "prior.decoder.", tensors);
  for (auto& weight : decoder_->parameters()) weight.set_requires_grad(false);
  decoder_->eval();
  auto parameters = detector_.localizer()->parameters();
  for (const auto& weight : detector_.encoder()->parameters()) parameters.push_back(weight);
  optimizer_ = std::make_unique<torch::optim::Adam>(
      parameters, torch::optim::AdamOptions(detector_.options().training.learning_rate));
}

torch::Tensor ReferenceStep::crop_all(const torch::Tensor& images, const PredictedBoxes& predicted) const {
  const auto side = static_cast<double>(images.size(3));
  const auto& boxes = predicted.boxes;
  const auto theta = affine(boxes.select(1, 3) / side, 2 * boxes.select(1, 0) / side - 1,
                            boxes.select(1, 2) / side, 2 * boxes.select(1, 1) / side - 1);
  const int64_t patch = detector_.prior().options().patch_size;
  const auto grid = F::affine_grid(theta, {boxes.size(0), 1, patch, patch}, false);
  return sample(images.index_select(0, predicted.image_of_box), grid, true);
}

torch::Tensor ReferenceStep::stitch_all(const torch::Tensor& patches, const PredictedBoxes& predicted,
                                        const torch::Tensor& images) const {
  const int64_t cell = detector_.options().localizer.cell_size(), count = images.size(0);
  const auto window = static_cast<double>(window_);
  // Centres of the grid cells, from where the windows are counted.
  const auto of_axis = [&](int64_t cells) { return (torch::arange(cells).to(torch::kFloat32) + 0.5) * cell; };
  const auto grid_x = of_axis(predicted.columns).repeat({count * predicted.rows});
  const auto grid_y = of_axis(predicted.rows).repeat_interleave(predicted.columns).repeat({count});
  const auto& boxes = predicted.boxes;
  const auto height = boxes.select(1, 2), width = boxes.select(1, 3);
  const auto theta = affine(window / width, 2 * (grid_x - boxes.select(1, 0)) / width, window / height,
                            2 * (grid_y - boxes.select(1, 1)) / height);
  const int64_t channels = patches.size(1);
  const auto grid = F::affine_grid(theta, {boxes.size(0), channels, window_, window_}, false);
  const auto columns = sample(patches, grid, false)
                           .view({count, predicted.rows * predicted.columns, channels * window_ * window_})
                           .transpose(1, 2);
  return F::fold(columns, F::FoldFuncOptions({images.size(2), images.size(3)}, {window_, window_})
                              .stride(cell)
                              .padding((window_ - cell) / 2));
}

double ReferenceStep::step(int64_t number) {
  const auto& options = detector_.options();
  const auto& scale = detector_.scale();
  Random random = Random(seed_).stream(std::string(Trainer::kStage) + " step " + std::to_string(number));
  auto generator = torch_generator(random.seed());
  detector_.set_training(true);
  const auto batch = draw_crops(images_, options, random, generator);
  LossInput input;
  input.image_edges = (sobel_magnitude_portable(batch.images) / batch.gradient_scales).clamp_max(1);
  input.foreground = foreground_map(batch.images, options.loss);
  const auto predicted = decode_boxes(run_localizer(*detector_.localizer(), options.localizer, batch.images),
                                      options.localizer.cell_size(), scale.scale_min, scale.scale_max,
                                      options.localizer.max_ratio);
  const auto latent = run_encoder(*detector_.encoder(), crop_all(batch.images, predicted));
  const auto& prior = detector_.prior().options();
  const auto masks = run_decoder(decoder_, prior.decoder, prior.patch_size, latent.sample(generator));
  const auto maps = torch::cat({sobel_magnitude_portable(masks).clamp_max(1), masks}, 1);
  const auto stitched = stitch_all(maps * predicted.presence.view({-1, 1, 1, 1}), predicted, batch.images);
  input.stitched_edges = stitched.slice(1, 0, 1);
  input.stitched_masks = stitched.slice(1, 1, 2);
  input.presence = predicted.presence;
  input.divergence = latent.divergence();
  const auto terms = detector_loss(input, options.loss);
  optimizer_->zero_grad();
  terms.total.backward();
  optimizer_->step();
  detector_.set_training(false);
  return terms.total.item<double>();
}

}  // namespace priorseg::bench
