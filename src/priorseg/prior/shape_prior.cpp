#include "priorseg/prior/shape_prior.h"

#include <torch/torch.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/generator.h"
#include "priorseg/core/model_file.h"
#include "priorseg/core/options.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/core/utf8.h"
#include "priorseg/nn/decoder.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/initial_weights.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {

constexpr ModelFormat kFormat{"priorseg prior 1", "'priorseg prior'", "make it again with 'priorseg prior'"};
constexpr int64_t kExamples = 64;

double mean_iou(const torch::Tensor& a, const torch::Tensor& b) {
  const auto both = (a.ge(0.5) & b.ge(0.5)).flatten(1).sum(1).to(torch::kFloat32);
  const auto any = (a.ge(0.5) | b.ge(0.5)).flatten(1).sum(1).to(torch::kFloat32);
  return (both / any.clamp_min(1)).mean().item<double>();
}

}  // namespace

ShapePrior::ShapePrior(const PriorOptions& options)
    : options_(options),
      decoder_(make_network<DecoderImpl>(options.decoder, options.patch_size, options.latent_size)) {}

void ShapePrior::freeze() {
  for (auto& parameter : decoder_->parameters()) parameter.set_requires_grad(false);
  decoder_->eval();
}

ShapePrior ShapePrior::train(const torch::Tensor& masks, const PriorOptions& options, uint64_t seed,
                             Observer& observer) {
  check_options(options, "prior.");
  check_shape(masks, {std::nullopt, 1, options.patch_size, options.patch_size}, "masks");
  if (masks.size(0) < 1) throw Error("there are no masks to learn a shape prior from, expected at least one");
  auto generator = torch_generator(seed);
  ShapePrior prior(options);
  draw_network_weights(*prior.decoder_, generator);
  const auto encoder = make_network<EncoderImpl>(options.encoder, options.patch_size, options.latent_size);
  draw_network_weights(*encoder, generator);
  auto parameters = encoder->parameters();
  for (const auto& parameter : prior.decoder_->parameters()) parameters.push_back(parameter);
  torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(options.learning_rate));

  for (int64_t step = 0; step < options.steps; ++step) {
    observer.check_stop();
    const double share = static_cast<double>(step) / static_cast<double>(options.steps);
    static_cast<torch::optim::AdamOptions&>(optimizer.param_groups()[0].options())
        .lr(options.learning_rate * 0.5 * (1 + std::cos(M_PI * share)));
    const auto batch =
        masks.index_select(0, torch::randint(masks.size(0), {options.batch_size}, generator, torch::kInt64));
    const auto latent = encoder->forward(batch);
    const auto logits = prior.decoder_->forward(latent.sample(generator));
    const auto count = static_cast<double>(options.batch_size);
    const auto reconstruction =
        torch::binary_cross_entropy_with_logits(logits, batch, {}, {}, torch::Reduction::Sum) / count;
    const auto divergence = latent.divergence().mean();
    optimizer.zero_grad();
    (reconstruction + options.kl_weight * divergence).backward();
    optimizer.step();
    if ((step + 1) % 50 == 0 || step + 1 == options.steps) {
      observer.progress(
          {"train prior",
           step + 1,
           options.steps,
           {{"reconstruction", reconstruction.item<double>()}, {"kl", divergence.item<double>()}}});
    }
  }

  encoder->eval();
  prior.freeze();
  torch::NoGradGuard no_grad;
  const auto shown = masks.slice(0, 0, std::min<int64_t>(masks.size(0), 512));
  prior.reconstruction_iou_ = mean_iou(prior.decode(encoder->forward(shown).mean), shown);
  prior.examples_ = masks.slice(0, 0, std::min(masks.size(0), kExamples)).clone();
  return prior;
}

torch::Tensor ShapePrior::decode(const torch::Tensor& latents) const {
  check_shape(latents, {std::nullopt, options_.latent_size}, "latents");
  return torch::sigmoid(decoder_->forward(latents.to(device())));
}

torch::Tensor ShapePrior::sample(int64_t count, uint64_t seed) const {
  torch::NoGradGuard no_grad;
  auto generator = torch_generator(seed);
  return decode(torch::randn({count, options_.latent_size}, generator)).cpu();
}

ShapePrior ShapePrior::clone() const {
  ShapePrior copy(options_);
  copy.to(device());
  copy_state(*decoder_, *copy.decoder_);
  copy.freeze();
  copy.examples_ = examples_;  // never changed
  copy.reconstruction_iou_ = reconstruction_iou_;
  copy.origin_ = origin_;
  return copy;
}

void ShapePrior::to(torch::Device device) { decoder_->to(device); }

torch::Device ShapePrior::device() const { return device_of(*decoder_); }

void ShapePrior::collect(std::map<std::string, torch::Tensor>& tensors, nlohmann::json& settings) const {
  collect_state(*decoder_, "prior.decoder.", tensors);
  tensors["prior.examples"] = (examples_ * 255).round().to(torch::kUInt8);
  settings["prior"] = options_to_json(options_);
  settings["prior_origin"] = origin_;
  settings["prior_reconstruction_iou"] = reconstruction_iou_;
}

ShapePrior ShapePrior::restore(const std::map<std::string, torch::Tensor>& tensors,
                               const nlohmann::json& settings) {
  PriorOptions options;
  options_from_json(options, settings.at("prior"), "prior.");
  check_options(options, "prior.");
  ShapePrior prior(options);
  restore_state(*prior.decoder_, "prior.decoder.", tensors);
  prior.freeze();
  const auto examples = tensors.find("prior.examples");
  if (examples == tensors.end()) throw Error("the file lacks the tensor prior.examples");
  check_shape(examples->second, {std::nullopt, 1, options.patch_size, options.patch_size}, "prior.examples");
  prior.examples_ = examples->second.to(torch::kFloat32) / 255;
  prior.origin_ = settings.value("prior_origin", "");
  prior.reconstruction_iou_ = settings.value("prior_reconstruction_iou", 0.0);
  return prior;
}

void ShapePrior::set_origin(const std::string& origin) {
  origin_ = is_utf8(origin) ? origin : utf8_or_escaped(origin);  // JSON holds nothing else
}

void ShapePrior::save(const std::filesystem::path& path) const {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  collect(tensors, settings);
  write_model_file(path, kFormat, settings, tensors);
}

ShapePrior ShapePrior::load(const std::filesystem::path& path) {
  return load_model_file(path, kFormat,
                         [](const ModelFile& file) { return restore(file.tensors, file.settings); });
}

}  // namespace priorseg
