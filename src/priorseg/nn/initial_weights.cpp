#include "priorseg/nn/initial_weights.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn.h>

#include <cmath>

namespace priorseg {
namespace {

namespace init = torch::nn::init;

std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

int64_t inputs_of(const at::Tensor& weight) {
  return std::get<0>(init::_calculate_fan_in_and_fan_out(weight));
}

/// kaiming_uniform_ of LibTorch, operation by operation: the same bits.
/// @param slope  of the leaky ReLU behind the layer.
void draw_kaiming_uniform(at::Tensor weight, double slope, at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  const double deviation =
      init::calculate_gain(torch::kLeakyReLU, slope) / std::sqrt(static_cast<double>(inputs_of(weight)));
  const double bound = std::sqrt(3.0) * deviation;
  weight.uniform_(-bound, bound, generator);
}

template <class Layer>
bool draw_if(torch::nn::Module& module, at::Generator& generator) {
  auto* layer = module.as<Layer>();
  if (!layer) return false;
  draw_kaiming_uniform(layer->weight, std::sqrt(5), generator);
  if (!layer->bias.defined()) return true;
  const torch::NoGradGuard no_grad;
  const double bound = 1 / std::sqrt(static_cast<double>(inputs_of(layer->weight)));
  layer->bias.uniform_(-bound, bound, generator);
  return true;
}

}  // namespace

GlobalGeneratorKept::GlobalGeneratorKept() : alone_(one_at_a_time()) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  state_ = generator.get_state();
}

GlobalGeneratorKept::~GlobalGeneratorKept() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state_);
}

void draw_default_weights(torch::nn::Module& layer, at::Generator& generator) {
  draw_if<torch::nn::Conv2d>(layer, generator) || draw_if<torch::nn::ConvTranspose2d>(layer, generator) ||
      draw_if<torch::nn::Linear>(layer, generator);
}

void draw_network_weights(torch::nn::Module& network, at::Generator& generator) {
  for (const auto& module : network.modules(/*include_self=*/false)) draw_default_weights(*module, generator);
}

void draw_normal_by_outputs(at::Tensor weight, at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  const auto outputs = std::get<1>(init::_calculate_fan_in_and_fan_out(weight));
  weight.normal_(0, init::calculate_gain(torch::kReLU) / std::sqrt(static_cast<double>(outputs)), generator);
}

void draw_uniform_by_inputs(at::Tensor weight, at::Generator& generator) {
  draw_kaiming_uniform(std::move(weight), /*slope=*/1, generator);
}

}  // namespace priorseg
