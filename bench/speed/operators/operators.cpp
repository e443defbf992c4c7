// The operators at the sizes of one training step: kernel against portable form, forward and with the
// derivative.
#include <benchmark/benchmark.h>
#include <torch/types.h>

#include "priorseg/ops/crop.h"
#include "priorseg/ops/sobel.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

constexpr int64_t kImages = 4;
constexpr int64_t kSide = 256;       // px of an image
constexpr int64_t kPatch = 32;       // px of a patch
constexpr int64_t kBoxes = 4 * 256;  // one box a grid cell of 16 px

/// Boxes of 20 to 40 px at random places.
torch::Tensor random_boxes() {
  const torch::Tensor centres = torch::rand({kBoxes, 2}) * kSide;
  const torch::Tensor sizes = 20 + 20 * torch::rand({kBoxes, 2});
  return torch::cat({centres, sizes}, 1);
}

torch::Tensor images_of_boxes() { return torch::arange(kBoxes, torch::kInt64).remainder(kImages); }

/// Times `forward`, and its derivative too if `with_derivative`.
template <class Forward>
void time_operator(benchmark::State& state, bool with_derivative, Forward forward) {
  for (auto _ : state) {
    torch::Tensor result = forward();
    if (with_derivative) result.sum().backward();
    benchmark::DoNotOptimize(result.data_ptr());
  }
}

template <auto Crop>
void crop_patches(benchmark::State& state) {
  const bool derivative = state.range(0) != 0;
  const torch::Tensor images = torch::rand({kImages, 1, kSide, kSide});
  const torch::Tensor boxes = random_boxes().set_requires_grad(derivative);
  time_operator(state, derivative, [&] { return Crop(images, boxes, images_of_boxes(), kPatch); });
}

template <auto Stitch>
void stitch_patches(benchmark::State& state) {
  const bool derivative = state.range(0) != 0;
  const torch::Tensor patches = torch::rand({kBoxes, 1, kPatch, kPatch}).set_requires_grad(derivative);
  const torch::Tensor boxes = random_boxes().set_requires_grad(derivative);
  time_operator(state, derivative, [&] {
    return Stitch(patches, boxes, images_of_boxes(), kImages, {kSide, kSide});
  });
}

template <auto Sobel>
void sobel(benchmark::State& state) {
  const bool derivative = state.range(0) != 0;
  const torch::Tensor maps = torch::rand({kImages, 1, kSide, kSide}).set_requires_grad(derivative);
  time_operator(state, derivative, [&] { return Sobel(maps); });
}

BENCHMARK(crop_patches<crop_kernel>)->ArgName("derivative")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(crop_patches<crop_portable>)->ArgName("derivative")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(stitch_patches<stitch_kernel>)
    ->ArgName("derivative")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(stitch_patches<stitch_portable>)
    ->ArgName("derivative")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sobel<sobel_magnitude_kernel>)
    ->ArgName("derivative")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sobel<sobel_magnitude_portable>)
    ->ArgName("derivative")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace priorseg
