#include <torch/autograd.h>

#include "priorseg/core/error.h"
#include "priorseg/ops/input_checks.h"
#include "priorseg/ops/sobel.h"
#include "priorseg/ops/sobel_loops.h"

namespace priorseg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

SobelSizes sobel_sizes(const torch::Tensor& maps) {
  return {maps.size(0) * maps.size(1), maps.size(2), maps.size(3)};
}

class SobelFunction : public torch::autograd::Function<SobelFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& maps_in) {
    const auto maps = maps_in.contiguous();
    const auto magnitude = torch::empty_like(maps);
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "sobel_magnitude", [&] {
      sobel_forward(sobel_sizes(maps), maps.data_ptr<scalar_t>(), magnitude.data_ptr<scalar_t>());
    });
    context->save_for_backward({maps});
    return magnitude;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    if (torch::GradMode::is_enabled()) {
      throw Error(
          "sobel_magnitude_kernel has no second derivative; use sobel_magnitude_portable to differentiate "
          "twice");
    }
    const auto maps = context->get_saved_variables()[0];
    const auto grad_magnitude = grads[0].contiguous();
    const auto grad_maps = torch::zeros_like(maps);
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "sobel_magnitude_backward", [&] {
      sobel_backward(sobel_sizes(maps), maps.data_ptr<scalar_t>(), grad_magnitude.data_ptr<scalar_t>(),
                     grad_maps.data_ptr<scalar_t>());
    });
    return {grad_maps};
  }
};

}  // namespace

torch::Tensor sobel_magnitude_kernel(const torch::Tensor& maps) {
  check_maps(maps);
  check_kernel_input(maps, "maps");
  return SobelFunction::apply(maps);
}

}  // namespace priorseg
