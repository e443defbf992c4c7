#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <string>

#include "priorseg/core/error.h"
#include "support/central_differences.h"
#include "support/thread_count.h"

namespace priorseg {

using test::central_differences;
using test::relative_difference;
using test::ThreadCount;

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

}  // namespace priorseg
