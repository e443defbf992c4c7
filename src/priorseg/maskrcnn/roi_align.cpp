#include "priorseg/maskrcnn/roi_align.h"

#include <torch/torch.h>

#include "priorseg/core/error.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/maskrcnn/roi_align_loops.h"
#include "priorseg/maskrcnn/roi_align_portable.h"

namespace priorseg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

void check_align_input(const torch::Tensor& features, const torch::Tensor& regions,
                       const torch::Tensor& image_of_region) {
  check_shape(features, {std::nullopt, std::nullopt, std::nullopt, std::nullopt}, "features");
  check_shape(regions, {std::nullopt, 4}, "regions");
  check_shape(image_of_region, {regions.size(0)}, "image_of_region");
  const bool is_real = features.scalar_type() == torch::kFloat32 || features.scalar_type() == torch::kFloat64;
  if (!is_real || regions.scalar_type() != features.scalar_type()) {
    throw Error(std::string("features are ") + torch::toString(features.scalar_type()) + " and regions " +
                torch::toString(regions.scalar_type()) + ", expected both Float or both Double");
  }
  if (image_of_region.scalar_type() != torch::kInt64)
    throw Error(std::string("image_of_region is ") + torch::toString(image_of_region.scalar_type()) +
                ", expected Long");
  if (regions.size(0) == 0) return;
  if (image_of_region.min().item<int64_t>() < 0 ||
      image_of_region.max().item<int64_t>() >= features.size(0)) {
    throw Error("image_of_region names an image that is not there, expected numbers from 0 to " +
                std::to_string(features.size(0) - 1));
  }
}

RoiAlignSizes sizes_of(torch::IntArrayRef features, int64_t num_regions, const RoiAlignOptions& options) {
  return {features[0],    features[1],   features[2],   features[3],     num_regions,
          options.height, options.width, options.scale, options.samples, options.aligned};
}

class RoiAlignFunction : public torch::autograd::Function<RoiAlignFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& features_in,
                               const torch::Tensor& regions_in, const torch::Tensor& image_of_region_in,
                               const RoiAlignOptions& options) {
    const auto features = features_in.contiguous(), regions = regions_in.contiguous();
    const auto image_of_region = image_of_region_in.contiguous();
    const auto pooled =
        torch::empty({regions.size(0), features.size(1), options.height, options.width}, features.options());
    AT_DISPATCH_FLOATING_TYPES(features.scalar_type(), "roi_align", [&] {
      roi_align_forward(sizes_of(features.sizes(), regions.size(0), options), features.data_ptr<scalar_t>(),
                        regions.data_ptr<scalar_t>(), image_of_region.data_ptr<int64_t>(),
                        pooled.data_ptr<scalar_t>());
    });
    context->save_for_backward({regions, image_of_region});
    context->saved_data["features"] = features.sizes();
    context->saved_data["height"] = options.height;
    context->saved_data["width"] = options.width;
    context->saved_data["scale"] = options.scale;
    context->saved_data["samples"] = options.samples;
    context->saved_data["aligned"] = options.aligned;
    return pooled;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    if (torch::GradMode::is_enabled()) throw Error("roi_align has no second derivative");
    const auto saved = context->get_saved_variables();
    auto& data = context->saved_data;
    const auto shape = data["features"].toIntVector();
    const RoiAlignOptions options = {data["height"].toInt(), data["width"].toInt(), data["scale"].toDouble(),
                                     data["samples"].toInt(), data["aligned"].toBool()};
    const auto grad_pooled = grads[0].contiguous();
    const auto grad_features = torch::zeros(shape, grad_pooled.options());
    AT_DISPATCH_FLOATING_TYPES(grad_pooled.scalar_type(), "roi_align_backward", [&] {
      roi_align_backward(sizes_of(shape, saved[0].size(0), options), saved[0].data_ptr<scalar_t>(),
                         saved[1].data_ptr<int64_t>(), grad_pooled.data_ptr<scalar_t>(),
                         grad_features.data_ptr<scalar_t>());
    });
    return {grad_features, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor roi_align(const torch::Tensor& features, const torch::Tensor& regions,
                        const torch::Tensor& image_of_region, const RoiAlignOptions& options) {
  check_align_input(features, regions, image_of_region);
  if (!features.device().is_cpu()) return roi_align_portable(features, regions, image_of_region, options);
  return RoiAlignFunction::apply(features, regions.detach(), image_of_region, options);
}

}  // namespace priorseg
