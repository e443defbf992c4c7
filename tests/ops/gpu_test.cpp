// What the operators give on a GPU, against what they give on the processor. Skipped where there is none.
#include <torch/torch.h>

#include <functional>
#include <vector>

#include "operator_cases.h"
#include "priorseg/ops/crop.h"
#include "priorseg/ops/sobel.h"
#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

using Tensors = std::vector<torch::Tensor>;

struct OperatorOnGpu {
  const char* name;
  std::function<Tensors()> inputs;  ///< on the processor, float32; those that are differentiated first
  std::function<torch::Tensor(const Tensors&)> call;
};

void PrintTo(const OperatorOnGpu& the_operator, std::ostream* stream) { *stream << the_operator.name; }

Tensors crop_inputs() {
  torch::manual_seed(1);
  return {torch::rand({3, 2, 20, 26}), awkward_boxes(torch::kFloat32), awkward_images_of_boxes()};
}

Tensors stitch_inputs() {
  torch::manual_seed(2);
  const auto boxes = awkward_boxes(torch::kFloat32);
  return {torch::rand({boxes.size(0), 1, 8, 8}), boxes, awkward_images_of_boxes()};
}

Tensors sobel_inputs() {
  torch::manual_seed(3);
  return {torch::rand({2, 1, 20, 26})};
}

class OnGpu : public testing::TestWithParam<OperatorOnGpu> {};

INSTANTIATE_TEST_SUITE_P(
    Operators, OnGpu,
    testing::Values(
        OperatorOnGpu{"crop", crop_inputs, [](const Tensors& in) { return crop(in[0], in[1], in[2], 16); }},
        OperatorOnGpu{"stitch", stitch_inputs,
                      [](const Tensors& in) {
                        return stitch(in[0], in[1], in[2], 3, {20, 26});
                      }},
        OperatorOnGpu{"sobel", sobel_inputs, [](const Tensors& in) { return sobel_magnitude(in[0]); }}),
    [](const auto& test) { return std::string(test.param.name); });

/// The result and the derivatives of the sum of its squares, on the processor.
Tensors results_on(const OperatorOnGpu& tested, torch::Device device) {
  Tensors inputs, results;
  for (const auto& input : tested.inputs())
    inputs.push_back(input.to(device).set_requires_grad(input.is_floating_point()));
  const auto result = tested.call(inputs);
  result.square().sum().backward();
  results.push_back(result.detach().cpu());
  for (const auto& input : inputs)
    if (input.requires_grad()) results.push_back(input.grad().cpu());
  return results;
}

TEST_P(OnGpu, GivesTheSameWithItsDerivativesButForRounding) {
  const auto expected = results_on(GetParam(), torch::kCPU);
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no GPU, or LibTorch was built without CUDA";
  const auto found = results_on(GetParam(), torch::kCUDA);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_LT(relative_difference(found[i].to(torch::kFloat64), expected[i].to(torch::kFloat64)), 1e-4) << i;
}

}  // namespace
}  // namespace priorseg
