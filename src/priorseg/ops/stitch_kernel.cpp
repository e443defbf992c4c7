#include <torch/autograd.h>

#include "priorseg/core/error.h"
#include "priorseg/ops/input_checks.h"
#include "priorseg/ops/stitch.h"
#include "priorseg/ops/stitch_loops.h"

namespace priorseg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

StitchSizes stitch_sizes(const torch::Tensor& patches, const torch::Tensor& images) {
  return {patches.size(0), patches.size(1), patches.size(2), images.size(0), images.size(2), images.size(3)};
}

class StitchFunction : public torch::autograd::Function<StitchFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& patches_in,
                               const torch::Tensor& boxes_in, const torch::Tensor& image_of_box_in,
                               int64_t num_images, int64_t height, int64_t width) {
    const auto patches = patches_in.contiguous(), boxes = boxes_in.contiguous();
    const auto image_of_box = image_of_box_in.contiguous();
    const auto images = torch::zeros({num_images, patches.size(1), height, width}, patches.options());
    AT_DISPATCH_FLOATING_TYPES(patches.scalar_type(), "stitch", [&] {
      stitch_forward(stitch_sizes(patches, images), patches.data_ptr<scalar_t>(), boxes.data_ptr<scalar_t>(),
                     image_of_box.data_ptr<int64_t>(), images.data_ptr<scalar_t>());
    });
    context->save_for_backward({patches, boxes, image_of_box});
    return images;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    if (torch::GradMode::is_enabled()) {
      throw Error("stitch_kernel has no second derivative; use stitch_portable to differentiate twice");
    }
    const auto saved = context->get_saved_variables();
    const auto &patches = saved[0], &boxes = saved[1], &image_of_box = saved[2];
    const auto grad_images = grads[0].contiguous();
    torch::Tensor grad_patches, grad_boxes;
    if (context->needs_input_grad(0)) grad_patches = torch::zeros_like(patches);
    if (context->needs_input_grad(1)) grad_boxes = torch::zeros_like(boxes);
    AT_DISPATCH_FLOATING_TYPES(patches.scalar_type(), "stitch_backward", [&] {
      stitch_backward(stitch_sizes(patches, grad_images), patches.data_ptr<scalar_t>(),
                      boxes.data_ptr<scalar_t>(), image_of_box.data_ptr<int64_t>(),
                      grad_images.data_ptr<scalar_t>(),
                      grad_patches.defined() ? grad_patches.data_ptr<scalar_t>() : nullptr,
                      grad_boxes.defined() ? grad_boxes.data_ptr<scalar_t>() : nullptr);
    });
    return {grad_patches, grad_boxes, {}, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor stitch_kernel(const torch::Tensor& patches, const torch::Tensor& boxes,
                            const torch::Tensor& image_of_box, int64_t num_images,
                            std::array<int64_t, 2> image_size) {
  check_stitch(patches, boxes, image_of_box, num_images, image_size);
  check_kernel_input(patches, "patches");
  return StitchFunction::apply(patches, boxes, image_of_box, num_images, image_size[0], image_size[1]);
}

}  // namespace priorseg
