#include <torch/autograd.h>

#include "priorseg/core/error.h"
#include "priorseg/ops/crop.h"
#include "priorseg/ops/crop_loops.h"
#include "priorseg/ops/input_checks.h"

namespace priorseg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

CropSizes crop_sizes(const torch::Tensor& images, const torch::Tensor& patches) {
  return {patches.size(0), patches.size(1), patches.size(2), images.size(0), images.size(2), images.size(3)};
}

class CropFunction : public torch::autograd::Function<CropFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& images_in,
                               const torch::Tensor& boxes_in, const torch::Tensor& image_of_box_in,
                               int64_t size) {
    const auto images = images_in.contiguous(), boxes = boxes_in.contiguous();
    const auto image_of_box = image_of_box_in.contiguous();
    const auto patches = torch::zeros({boxes.size(0), images.size(1), size, size}, images.options());
    AT_DISPATCH_FLOATING_TYPES(images.scalar_type(), "crop", [&] {
      crop_forward(crop_sizes(images, patches), images.data_ptr<scalar_t>(), boxes.data_ptr<scalar_t>(),
                   image_of_box.data_ptr<int64_t>(), patches.data_ptr<scalar_t>());
    });
    context->save_for_backward({images, boxes, image_of_box});
    return patches;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    if (torch::GradMode::is_enabled()) {
      throw Error("crop_kernel has no second derivative; use crop_portable to differentiate twice");
    }
    const auto saved = context->get_saved_variables();
    const auto &images = saved[0], &boxes = saved[1], &image_of_box = saved[2];
    const auto grad_patches = grads[0].contiguous();
    torch::Tensor grad_images, grad_boxes;
    if (context->needs_input_grad(0)) grad_images = torch::zeros_like(images);
    if (context->needs_input_grad(1)) grad_boxes = torch::zeros_like(boxes);
    AT_DISPATCH_FLOATING_TYPES(images.scalar_type(), "crop_backward", [&] {
      const auto sizes = crop_sizes(images, grad_patches);
      const auto* box_values = boxes.data_ptr<scalar_t>();
      const auto* image_index = image_of_box.data_ptr<int64_t>();
      const auto* grad = grad_patches.data_ptr<scalar_t>();
      if (grad_images.defined()) {
        crop_backward_images(sizes, box_values, image_index, grad, grad_images.data_ptr<scalar_t>());
      }
      if (grad_boxes.defined()) {
        crop_backward_boxes(sizes, images.data_ptr<scalar_t>(), box_values, image_index, grad,
                            grad_boxes.data_ptr<scalar_t>());
      }
    });
    return {grad_images, grad_boxes, {}, {}};
  }
};

}  // namespace

torch::Tensor crop_kernel(const torch::Tensor& images, const torch::Tensor& boxes,
                          const torch::Tensor& image_of_box, int64_t size) {
  check_crop(images, boxes, image_of_box, size);
  check_kernel_input(images, "images");
  return CropFunction::apply(images, boxes, image_of_box, size);
}

}  // namespace priorseg
