#pragma once

#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// What Adam and its kin remember of each parameter, for checkpoints. `State` is torch::optim::AdamParamState
// or AdamWParamState.
namespace priorseg {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

namespace detail {

/// The optimiser keys its state by parameter: by a text up to LibTorch 2.0, by an address from then on.
template <class Map>
auto state_key(const Map&, const torch::Tensor& parameter) {
  if constexpr (std::is_same_v<typename Map::key_type, std::string>) {
    std::ostringstream text;  // as c10::guts::to_string, which LibTorch 2 has no more
    text << parameter.unsafeGetTensorImpl();
    return text.str();
  } else {
    return static_cast<void*>(parameter.unsafeGetTensorImpl());
  }
}

}  // namespace detail

/// Puts the moments into `tensors`: "adam.mean.<name>" and "adam.square.<name>".
template <class State>
void collect_moments(torch::optim::Optimizer& optimizer, const NamedTensors& parameters,
                     std::map<std::string, torch::Tensor>& tensors) {
  for (const auto& [name, parameter] : parameters) {
    const auto found = optimizer.state().find(detail::state_key(optimizer.state(), parameter));
    if (found == optimizer.state().end()) continue;
    const auto& state = static_cast<const State&>(*found->second);
    tensors["adam.mean." + name] = state.exp_avg().cpu();
    tensors["adam.square." + name] = state.exp_avg_sq().cpu();
  }
}

/// Takes the moments from `tensors`, where they are, as they are after `steps` steps.
template <class State>
void restore_moments(torch::optim::Optimizer& optimizer, const NamedTensors& parameters,
                     const std::map<std::string, torch::Tensor>& tensors, int64_t steps) {
  for (const auto& [name, parameter] : parameters) {
    const auto mean = tensors.find("adam.mean." + name);
    const auto square = tensors.find("adam.square." + name);
    if (mean == tensors.end() || square == tensors.end()) continue;
    auto state = std::make_unique<State>();
    state->step(steps);
    state->exp_avg(mean->second.clone().to(parameter.device()));
    state->exp_avg_sq(square->second.clone().to(parameter.device()));
    optimizer.state()[detail::state_key(optimizer.state(), parameter)] = std::move(state);
  }
}

}  // namespace priorseg
