#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <functional>

namespace priorseg::test {

/// The gradient of sum(function(inputs) * weights) by central differences, for one float64 input.
inline torch::Tensor central_differences(const std::function<torch::Tensor()>& weighted_sum,
                                         torch::Tensor input, double step = 1e-6) {
  torch::NoGradGuard no_grad;
  auto gradient = torch::zeros_like(input).contiguous();
  auto values = input.view(-1);
  for (int64_t i = 0; i < values.size(0); ++i) {
    const double value = values[i].item<double>();
    values[i] = value + step;
    const double above = weighted_sum().item<double>();
    values[i] = value - step;
    const double below = weighted_sum().item<double>();
    values[i] = value;
    gradient.view(-1)[i] = (above - below) / (2 * step);
  }
  return gradient;
}

/// Largest difference, relative to the largest expected value (at least 1).
inline double relative_difference(const torch::Tensor& found, const torch::Tensor& expected) {
  if (expected.numel() == 0) return found.numel() == 0 ? 0.0 : 1e9;
  const double scale = std::max(1.0, expected.abs().max().item<double>());
  return (found - expected).abs().max().item<double>() / scale;
}

}  // namespace priorseg::test
