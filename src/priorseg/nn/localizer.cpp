#include "priorseg/nn/localizer.h"

#include <cmath>

#include "priorseg/core/options.h"
#include "priorseg/core/shape_check.h"
#include "priorseg/nn/convolution.h"
#include "priorseg/nn/initial_weights.h"
#include "priorseg/nn/mixed_precision.h"

namespace priorseg {

LocalizerImpl::LocalizerImpl(const LocalizerOptions& options)
    : reduction_(options.reduction), initial_presence_(options.initial_presence) {
  check_options(options, "localizer.");
  int64_t in = 1;
  for (const int64_t out : options.channels) {
    append_convolution(stages_, in, out);
    append_convolution(stages_, out, out);
    stages_->push_back(torch::nn::MaxPool2d(2));
    in = out;
  }
  register_module("stages", stages_);
  head_ = register_module("head", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, 5, 1)));
  set_initial_presence();
}

void LocalizerImpl::draw_weights(at::Generator& generator) {
  draw_network_weights(*this, generator);
  set_initial_presence();
}

void LocalizerImpl::set_initial_presence() {
  torch::NoGradGuard no_grad;
  head_->bias.zero_();
  head_->bias[0] = std::log(initial_presence_ / (1 - initial_presence_));
}

torch::Tensor LocalizerImpl::forward(const torch::Tensor& images, torch::ScalarType arithmetic) {
  check_shape(images, {std::nullopt, 1, std::nullopt, std::nullopt}, "images");
  const auto seen = reduction_ == 1 ? images : torch::avg_pool2d(images, reduction_);
  const auto features = [&] {
    MixedPrecision mixed(arithmetic, images.device());
    return run_layers(stages_, channels_innermost(seen).to(arithmetic));
  }();
  return head_->forward(features.to(images.scalar_type()));
}

PredictedBoxes decode_boxes(const torch::Tensor& maps, int64_t cell_size, double scale_min, double scale_max,
                            double max_ratio) {
  check_shape(maps, {std::nullopt, 5, std::nullopt, std::nullopt}, "maps");
  PredictedBoxes result;
  const int64_t images = maps.size(0);
  result.rows = maps.size(2);
  result.columns = maps.size(3);
  const auto flat = maps.permute({1, 0, 2, 3}).reshape({5, -1});
  result.presence = torch::sigmoid(flat[0]);
  const auto scale = torch::sigmoid(flat[1]) * (scale_max - scale_min) + scale_min;
  const auto root_ratio = torch::exp(torch::tanh(flat[2]) * (0.5 * std::log(max_ratio)));
  const auto cell = static_cast<double>(cell_size);

  const auto kind = maps.options().requires_grad(false);
  const auto ys = (torch::arange(result.rows, kind) + 0.5) * cell;
  const auto xs = (torch::arange(result.columns, kind) + 0.5) * cell;
  const auto centres_y = ys.view({1, -1, 1}).expand({images, result.rows, result.columns}).reshape({-1});
  const auto centres_x = xs.view({1, 1, -1}).expand({images, result.rows, result.columns}).reshape({-1});
  const auto cx = centres_x + 0.5 * cell * torch::tanh(flat[3]);
  const auto cy = centres_y + 0.5 * cell * torch::tanh(flat[4]);
  result.boxes = torch::stack({cx, cy, scale * cell / root_ratio, scale * cell * root_ratio}, 1);
  result.image_of_box =
      torch::arange(images, kind.dtype(torch::kInt64)).repeat_interleave(result.rows * result.columns);
  return result;
}

}  // namespace priorseg
