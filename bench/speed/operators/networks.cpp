// The networks at the sizes of one training step, forward and with the derivative, by number of threads.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "priorseg/detector/settings.h"
#include "priorseg/nn/decoder.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"

namespace priorseg {
namespace {

void set_arguments(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"paper", "derivative", "threads"})
      ->ArgsProduct({{0, 1}, {0, 1}, {1, 2}})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

Settings settings_of(const benchmark::State& state) {
  return make_settings(state.range(0) != 0 ? "paper" : "default");
}

/// Times `forward`, and its derivative too if asked for, with the asked number of threads.
template <class Forward>
void time_network(benchmark::State& state, Forward forward) {
  const int before = torch::get_num_threads();
  torch::set_num_threads(static_cast<int>(state.range(2)));
  torch::AutoGradMode derivative(state.range(1) != 0);
  for (auto _ : state) {
    torch::Tensor result = forward();
    if (state.range(1) != 0) result.sum().backward();
    benchmark::DoNotOptimize(result.data_ptr());
  }
  torch::set_num_threads(before);
}

void localizer(benchmark::State& state) {
  const auto& options = settings_of(state).detector;
  Localizer network(options.localizer);
  const auto images = torch::rand({4, 1, options.training.crop_size, options.training.crop_size});
  time_network(state, [&] { return network->forward(images); });
}

constexpr int64_t kBoxes = 358;  // decoded in a step of the default preset

void encoder(benchmark::State& state) {
  const auto settings = settings_of(state);
  Encoder network(settings.detector.encoder, settings.prior.patch_size, settings.prior.latent_size);
  const auto patches = torch::rand({kBoxes, 1, settings.prior.patch_size, settings.prior.patch_size});
  time_network(state, [&] { return network->forward(patches).mean; });
}

void decoder(benchmark::State& state) {
  const auto settings = settings_of(state);
  Decoder network(settings.prior.decoder, settings.prior.patch_size, settings.prior.latent_size);
  for (auto& weight : network->parameters()) weight.set_requires_grad(false);
  const auto latents = torch::randn({kBoxes, settings.prior.latent_size}, torch::requires_grad());
  time_network(state, [&] { return network->forward(latents); });
}

BENCHMARK(localizer)->Apply(set_arguments);
BENCHMARK(encoder)->Apply(set_arguments);
BENCHMARK(decoder)->Apply(set_arguments);

}  // namespace
}  // namespace priorseg
