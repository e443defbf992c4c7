#pragma once

#include <torch/types.h>

#include <array>
#include <string>

namespace priorseg {

/// Checks the arguments of crop.
/// @throws Error that names the argument.
void check_crop(const torch::Tensor& images, const torch::Tensor& boxes, const torch::Tensor& image_of_box,
                int64_t size);

/// Checks the arguments of stitch.
/// @throws Error that names the argument.
void check_stitch(const torch::Tensor& patches, const torch::Tensor& boxes, const torch::Tensor& image_of_box,
                  int64_t num_images, std::array<int64_t, 2> image_size);

/// Checks the argument of the Sobel magnitude.
/// @throws Error that names the argument.
void check_maps(const torch::Tensor& maps);

/// Checks that a tensor lies on the CPU and is float32 or float64: what the kernels take.
void check_kernel_input(const torch::Tensor& tensor, const std::string& name);

/// Whether the kernels take this tensor. False for an undefined one.
bool kernel_takes(const torch::Tensor& tensor);

/// Boxes that cover something: all four numbers finite, both sides > 0. [N] bool.
torch::Tensor covering_boxes(const torch::Tensor& boxes);

}  // namespace priorseg
