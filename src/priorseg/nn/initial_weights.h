#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

#include <memory>
#include <mutex>
#include <utility>

// Random weights from a generator of one's own. LibTorch's layers draw theirs from the global generator when
// they are made; they are drawn again here, by the same formulas and in the same order, so that a seed gives
// the weights that torch::manual_seed(seed) before making the network would give.
namespace priorseg {

/// As long as it lives, the global generator may be drawn from; then it is as it was. Numbers that another
/// thread draws meanwhile from the global generator come again; two of these never live at the same time.
class GlobalGeneratorKept {
 public:
  GlobalGeneratorKept();
  ~GlobalGeneratorKept();
  GlobalGeneratorKept(const GlobalGeneratorKept&) = delete;
  GlobalGeneratorKept& operator=(const GlobalGeneratorKept&) = delete;

 private:
  std::unique_lock<std::mutex> alone_;
  at::Tensor state_;
};

/// Makes a network of any weights, to be drawn or restored, and leaves the global generator as it was.
template <class Network, class... Arguments>
std::shared_ptr<Network> make_network(Arguments&&... arguments) {
  const GlobalGeneratorKept kept;
  return std::make_shared<Network>(std::forward<Arguments>(arguments)...);
}

/// Draws the weights of a Conv2d, ConvTranspose2d or Linear as LibTorch does: uniformly within
/// 1 / sqrt(inputs), weights first, then the bias. Leaves other modules alone.
void draw_default_weights(torch::nn::Module& layer, at::Generator& generator);

/// The same for every layer of a network, in the order in which they were registered.
void draw_network_weights(torch::nn::Module& network, at::Generator& generator);

/// Draws from N(0, 2 / outputs) (He et al. 2015), for a layer before ReLU.
/// @param weight  [out,in,...] float32.
void draw_normal_by_outputs(at::Tensor weight, at::Generator& generator);

/// Draws uniformly within sqrt(3 / inputs).
/// @param weight  [out,in,...] float32.
void draw_uniform_by_inputs(at::Tensor weight, at::Generator& generator);

}  // namespace priorseg
