#include "priorseg/prior/shape_prior.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/core/utf8.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {

constexpr const char* kFormat = "priorseg prior 1";
constexpr int64_t kExamples = 64;

double mean_iou(const torch::Tensor& a, const torch::Tensor& b) {
  const auto both = (a.ge(0.5) & b.ge(0.5)).flatten(1).sum(1).to(torch::kFloat32);
  const auto any = (a.ge(0.5) | b.ge(0.5)).flatten(1).sum(1).to(torch::kFloat32);
  return (both / any.clamp_min(1)).mean().item<double>();
}

}  // namespace

ShapePrior::ShapePrior(const PriorOptions& options)
    : options_(options), decoder_(options.decoder, options.patch_size, options.latent_size) {}

void ShapePrior::freeze() {
  for (auto& parameter : decoder_->parameters()) parameter.set_requires_grad(false);
  decoder_->eval();
}

ShapePrior ShapePrior::train(const torch::Tensor& masks, const PriorOptions& options, uint64_t seed,
                             Observer& observer) {
  check_options(options, "prior.");
  check_shape(masks, {std::nullopt, 1, options.patch_size, options.patch_size}, "masks");
  if (masks.size(0) < 1) throw Error("there are no masks to learn a shape prior from, expected at least one");
  torch::manual_seed(seed);
  ShapePrior prior(options);
  Encoder encoder(options.encoder, options.patch_size, options.latent_size);
  auto parameters = encoder->parameters();
  for (const auto& parameter : prior.decoder_->parameters()) parameters.push_back(parameter);
  torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(options.learning_rate));

  for (int64_t step = 0; step < options.steps; ++step) {
    observer.check_stop();
    const double share = static_cast<double>(step) / static_cast<double>(options.steps);
    static_cast<torch::optim::AdamOptions&>(optimizer.param_groups()[0].options())
        .lr(options.learning_rate * 0.5 * (1 + std::cos(M_PI * share)));
    const auto batch =
        masks.index_select(0, torch::randint(masks.size(0), {options.batch_size}, torch::kInt64));
    const auto latent = encoder->forward(batch);
    const auto logits = prior.decoder_->forward(latent.sample());
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
  return torch::sigmoid(Decoder(decoder_)->forward(latents));
}

torch::Tensor ShapePrior::sample(int64_t count, uint64_t seed) const {
  torch::NoGradGuard no_grad;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return decode(torch::randn({count, options_.latent_size}, generator));
}

void ShapePrior::to(torch::Device device) { decoder_->to(device); }

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
  TensorFile file;
  nlohmann::json settings;
  collect(file.tensors, settings);
  file.metadata = {{"format", kFormat}, {"settings", settings.dump()}};
  write_tensor_file(path, file);
}

ShapePrior ShapePrior::load(const std::filesystem::path& path) {
  const TensorFile file = read_tensor_file(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kFormat) {
    throw Error(path.string() + " is " +
                (format == file.metadata.end() ? "no file of priorseg" : "a '" + format->second + "'") +
                ", expected a '" + kFormat + "' as written by 'priorseg prior'");
  }
  try {
    return restore(file.tensors, nlohmann::json::parse(file.metadata.at("settings")));
  } catch (const Error& error) {
    throw Error(path.string() + ": " + error.what());
  } catch (const nlohmann::json::exception&) {
    throw Error(path.string() + " has damaged settings; make it again with 'priorseg prior'");
  } catch (const std::out_of_range&) {
    throw Error(path.string() + " has no settings; make it again with 'priorseg prior'");
  }
}

}  // namespace priorseg
