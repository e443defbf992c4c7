#include "priorseg/ops/input_checks.h"

#include <torch/types.h>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"

namespace priorseg {
namespace {

std::string dtype_name(const torch::Tensor& tensor) { return c10::toString(tensor.scalar_type()); }

void check_image_range(const torch::Tensor& image_of_box, int64_t num_images) {
  if (image_of_box.numel() == 0) return;
  const int64_t lowest = image_of_box.min().item<int64_t>();
  const int64_t highest = image_of_box.max().item<int64_t>();
  if (lowest >= 0 && highest < num_images) return;
  throw Error("image_of_box holds " + std::to_string(lowest < 0 ? lowest : highest) +
              ", expected an index of one of " + std::to_string(num_images) + " images");
}

void check_floating(const torch::Tensor& tensor, const std::string& name) {
  if (!tensor.is_floating_point()) {
    throw Error(name + " has dtype " + dtype_name(tensor) + ", expected a floating-point dtype");
  }
}

/// Checks the boxes that go with `sampled`, the images or the patches.
void check_boxes(const torch::Tensor& boxes, const torch::Tensor& image_of_box, const torch::Tensor& sampled,
                 const std::string& sampled_name, int64_t num_images) {
  check_shape(boxes, {std::nullopt, 4}, "boxes");
  check_shape(image_of_box, {boxes.size(0)}, "image_of_box");
  if (boxes.scalar_type() != sampled.scalar_type()) {
    throw Error("boxes have dtype " + dtype_name(boxes) + ", expected that of " + sampled_name + ", " +
                dtype_name(sampled));
  }
  if (image_of_box.scalar_type() != torch::kInt64) {
    throw Error("image_of_box has dtype " + dtype_name(image_of_box) + ", expected int64 (Long)");
  }
  if (boxes.device() != sampled.device() || image_of_box.device() != sampled.device()) {
    throw Error("boxes are on " + boxes.device().str() + " and image_of_box on " +
                image_of_box.device().str() + ", expected both on the device of " + sampled_name + ", " +
                sampled.device().str());
  }
  if (image_of_box.device().is_cpu()) check_image_range(image_of_box, num_images);
}

}  // namespace

void check_kernel_input(const torch::Tensor& tensor, const std::string& name) {
  if (!kernel_takes(tensor)) {
    throw Error(name + " is " + dtype_name(tensor) + " on " + tensor.device().str() +
                ", expected float32 or float64 on the CPU; use the portable form elsewhere");
  }
}

bool kernel_takes(const torch::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() &&
         (tensor.scalar_type() == torch::kFloat32 || tensor.scalar_type() == torch::kFloat64);
}

void check_crop(const torch::Tensor& images, const torch::Tensor& boxes, const torch::Tensor& image_of_box,
                int64_t size) {
  check_shape(images, {std::nullopt, std::nullopt, std::nullopt, std::nullopt}, "images");
  check_floating(images, "images");
  check_boxes(boxes, image_of_box, images, "images", images.size(0));
  if (size <= 0) throw Error("size is " + std::to_string(size) + ", expected a patch side > 0");
  if (boxes.size(0) > 0 && (images.size(2) == 0 || images.size(3) == 0)) {
    throw Error("images have no pixels (" + std::to_string(images.size(2)) + " x " +
                std::to_string(images.size(3)) + "), expected at least one to crop from");
  }
}

void check_stitch(const torch::Tensor& patches, const torch::Tensor& boxes, const torch::Tensor& image_of_box,
                  int64_t num_images, std::array<int64_t, 2> image_size) {
  check_shape(patches, {std::nullopt, std::nullopt, std::nullopt, std::nullopt}, "patches");
  const int64_t size = patches.size(2);
  if (size == 0) throw Error("patches have side 0, expected a side > 0");
  check_shape(patches, {std::nullopt, std::nullopt, size, size}, "patches");
  check_floating(patches, "patches");
  check_shape(boxes, {patches.size(0), 4}, "boxes");
  check_boxes(boxes, image_of_box, patches, "patches", num_images);
  if (num_images < 0 || image_size[0] < 0 || image_size[1] < 0) {
    throw Error("the result would be " + std::to_string(num_images) + " images of " +
                std::to_string(image_size[0]) + " x " + std::to_string(image_size[1]) +
                " pixels, expected no negative number");
  }
}

void check_maps(const torch::Tensor& maps) {
  check_shape(maps, {std::nullopt, std::nullopt, std::nullopt, std::nullopt}, "maps");
  check_floating(maps, "maps");
}

torch::Tensor covering_boxes(const torch::Tensor& boxes) {
  const auto values = boxes.detach();
  return torch::isfinite(values).all(1) & (values.slice(1, 2, 4) > 0).all(1);
}

}  // namespace priorseg
