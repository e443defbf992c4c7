#include "work.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "priorseg/nn/decoder.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"

namespace priorseg::bench {
namespace {

/// Operations of one pass through a chain of layers for one input of `side` x `side`.
double flops_of_layers(const torch::nn::Sequential::ContainedType& layers, double side) {
  double flops = 0;
  for (const auto& layer : layers.children()) {
    if (const auto* convolution = layer->as<torch::nn::Conv2d>()) {
      side /= static_cast<double>(convolution->options.stride()->at(0));
      flops += 2 * static_cast<double>(convolution->weight.numel()) * side * side;
    } else if (const auto* dense = layer->as<torch::nn::Linear>()) {
      flops += 2 * static_cast<double>(dense->weight.numel());
    } else if (layer->as<torch::nn::MaxPool2d>()) {
      side /= 2;
    } else if (layer->as<torch::nn::Upsample>()) {
      side *= 2;
    }
  }
  return flops;
}

double flops_of_chain(torch::nn::Module& network, const std::string& name, double side) {
  return flops_of_layers(*network.named_children()[name]->as<torch::nn::Sequential>(), side);
}

}  // namespace

double flops_of_step(Detector& detector, int64_t batch_size, int64_t crop_size, int64_t boxes) {
  const auto& localizer = detector.options().localizer;
  const auto& prior = detector.prior().options();
  const double patch = static_cast<double>(prior.patch_size);
  const double crop = static_cast<double>(crop_size) / static_cast<double>(localizer.reduction);
  Decoder decoder(prior.decoder, prior.patch_size, prior.latent_size);
  const double first_side = prior.patch_size >> prior.decoder.channels.size();
  const double localize = flops_of_chain(*detector.localizer(), "stages", crop);
  const double encode = flops_of_chain(*detector.encoder(), "stages", patch);
  const double decode = flops_of_chain(*decoder, "layers", first_side);
  return 3 * static_cast<double>(batch_size) * localize +
         static_cast<double>(boxes) * (3 * encode + 2 * decode);
}

double measure_convolution_peak() {
  constexpr int64_t kChannels = 128, kSide = 128, kImages = 4;
  torch::NoGradGuard no_grad;
  const auto images =
      torch::rand({kImages, kChannels, kSide, kSide}).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto weights =
      torch::rand({kChannels, kChannels, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast);
  double best = 0;
  for (int repeat = 0; repeat < 8; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    torch::conv2d(images, weights, {}, 1, 1);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, 2.0 * kChannels * kChannels * 9 * kSide * kSide * kImages / seconds);
  }
  return best;
}

}  // namespace priorseg::bench
