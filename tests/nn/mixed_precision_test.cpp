#include "priorseg/nn/mixed_precision.h"

#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <torch/nn.h>

#include <stdexcept>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

/// The same layer and image in every test.
struct Scene {
  Scene() { torch::manual_seed(3); }
  torch::nn::Conv2d layer{torch::nn::Conv2dOptions(4, 6, 3)};
  torch::Tensor image = torch::randn({2, 4, 12, 10});

  torch::Tensor result(torch::ScalarType arithmetic) {
    MixedPrecision mixed(arithmetic, torch::kCPU);
    return layer(image);
  }
};

TEST(MixedPrecision, RoundsConvolutionsAsLongAsItLives) {
  Scene scene;
  const auto exact = scene.layer(scene.image);
  const auto rounded = scene.result(torch::kBFloat16);
  EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(torch::allclose(rounded.to(torch::kFloat32), exact, 0, 0.03));
  EXPECT_TRUE(scene.layer(scene.image).equal(exact));
}

TEST(MixedPrecision, Float32ChangesNothing) {
  Scene scene;
  EXPECT_TRUE(scene.result(torch::kFloat32).equal(scene.layer(scene.image)));
}

TEST(MixedPrecision, LeavesAutocastAsItFoundIt) {
  const bool before = at::autocast::is_cpu_enabled();
  for (const bool enabled : {false, true}) {
    at::autocast::set_cpu_enabled(enabled);
    {
      MixedPrecision mixed(torch::kBFloat16, torch::kCPU);
      EXPECT_TRUE(at::autocast::is_cpu_enabled());
      {
        MixedPrecision inner(torch::kFloat32, torch::kCPU);
        EXPECT_FALSE(at::autocast::is_cpu_enabled());
      }
      EXPECT_TRUE(at::autocast::is_cpu_enabled());
    }
    EXPECT_EQ(at::autocast::is_cpu_enabled(), enabled);
    EXPECT_THROW(
        {
          MixedPrecision mixed(torch::kBFloat16, torch::kCPU);
          throw std::runtime_error("amid a layer");
        },
        std::runtime_error);
    EXPECT_EQ(at::autocast::is_cpu_enabled(), enabled);
  }
  at::autocast::set_cpu_enabled(before);
}

/// On the processor there is but one type. What is set for a GPU can be looked at without one.
TEST(MixedPrecision, LeavesTheTypeOfAutocastAsItFoundIt) {
  const auto before = at::autocast::get_autocast_gpu_dtype();
  for (const auto type : {torch::kHalf, torch::kBFloat16}) {
    at::autocast::set_autocast_gpu_dtype(type);
    {
      MixedPrecision mixed(torch::kBFloat16, torch::kCUDA);
      EXPECT_EQ(at::autocast::get_autocast_gpu_dtype(), torch::kBFloat16);
      EXPECT_TRUE(at::autocast::is_enabled());
    }
    EXPECT_EQ(at::autocast::get_autocast_gpu_dtype(), type);
    EXPECT_FALSE(at::autocast::is_enabled());
  }
  at::autocast::set_autocast_gpu_dtype(before);
}

TEST(MixedPrecision, NestedScopesRoundAndThenGoOn) {
  Scene scene;
  const auto exact = scene.layer(scene.image);
  MixedPrecision mixed(torch::kBFloat16, torch::kCPU);
  const auto rounded = scene.layer(scene.image);
  EXPECT_TRUE(scene.result(torch::kFloat32).equal(exact));
  EXPECT_TRUE(scene.layer(scene.image).equal(rounded));
}

TEST(MixedPrecision, DerivativesAreFloat32) {
  Scene scene;
  scene.layer(scene.image).square().sum().backward();
  const auto exact = scene.layer->weight.grad().clone();
  scene.layer->zero_grad();
  scene.result(torch::kBFloat16).to(torch::kFloat32).square().sum().backward();
  const auto rounded = scene.layer->weight.grad();
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat32);
  EXPECT_LT((rounded - exact).norm().item<float>(), 0.02 * exact.norm().item<float>());
}

TEST(MixedPrecision, ForgetsTheRoundedWeights) {
  Scene scene;
  scene.result(torch::kBFloat16);
  {
    torch::NoGradGuard no_grad;
    scene.layer->weight.mul_(2);
    scene.layer->bias.mul_(2);
  }
  const auto exact = scene.layer(scene.image);
  EXPECT_TRUE(torch::allclose(scene.result(torch::kBFloat16).to(torch::kFloat32), exact, 0, 0.06));
}

TEST(MixedPrecision, FallsBackWhereTheDeviceHasNoUnits) {
  EXPECT_EQ(arithmetic_of(Precision::kFloat32, torch::kCPU), torch::kFloat32);
  EXPECT_EQ(arithmetic_of(Precision::kBFloat16, torch::kCPU),
            has_bfloat16_units() ? torch::kBFloat16 : torch::kFloat32);
  EXPECT_EQ(arithmetic_of(Precision::kBFloat16, torch::kCUDA), torch::kBFloat16);
}

}  // namespace
}  // namespace priorseg
