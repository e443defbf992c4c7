#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <functional>
#include <string>

#include "priorseg/core/error.h"

namespace priorseg {

/// Boxes of every awkward kind on images of 20 x 26 pixels: inside, over each border, outside, larger than
/// the image, below one pixel, long and thin.
inline torch::Tensor awkward_boxes(torch::ScalarType dtype) {
  return torch::tensor({{10.3, 9.1, 7.3, 9.7},
                        {2.2, 3.4, 11.7, 9.3},
                        {24.4, 18.7, 8.9, 13.1},
                        {13.1, 10.2, 61.3, 80.7},
                        {-40.7, 7.3, 9.1, 8.3},
                        {11.3, 70.9, 9.3, 12.9},
                        {7.37, 8.41, 0.31, 0.43},
                        {12.61, 11.57, 0.9, 7.7},
                        {5.53, 14.31, 17.9, 1.3},
                        {19.73, 6.19, 3.1, 3.3},
                        {10.1, 9.7, 7.7, 9.1}},
                       torch::kFloat64)
      .to(dtype);
}

inline torch::Tensor awkward_images_of_boxes() {
  return torch::tensor({0, 1, 2, 0, 1, 2, 0, 0, 2, 2, 0}, torch::kInt64);
}

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

/// Runs `call` and returns the message of its Error; fails if there is none.
inline std::string error_message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return "";
}

/// The threads of LibTorch for the length of a scope.
class ThreadCount {
 public:
  explicit ThreadCount(int count) : before_(torch::get_num_threads()) { torch::set_num_threads(count); }
  ~ThreadCount() { torch::set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

}  // namespace priorseg
