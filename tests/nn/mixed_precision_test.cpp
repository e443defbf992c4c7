#include "priorseg/nn/mixed_precision.h"

#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <torch/nn.h>

#include <stdexcept>
#include <utility>

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
  const auto state = [] {
    return std::pair(at::autocast::is_cpu_enabled(), at::autocast::get_autocast_cpu_dtype());
  };
  const auto before = state();
  for (const bool enabled : {false, true}) {
    for (const auto type : {torch::kBFloat16, torch::kHalf}) {
      at::autocast::set_cpu_enabled(enabled);
      at::autocast::set_autocast_cpu_dtype(type);
      {
        MixedPrecision mixed(torch::kBFloat16, torch::kCPU);
        EXPECT_EQ(state(), std::pair(true, torch::kBFloat16));
        {
          MixedPrecision inner(torch::kFloat32, torch::kCPU);
          EXPECT_FALSE(state().first);
        }
        EXPECT_EQ(state(), std::pair(true, torch::kBFloat16));
      }
      EXPECT_EQ(state(), std::pair(enabled, type));
      EXPECT_THROW(
          {
            MixedPrecision mixed(torch::kBFloat16, torch::kCPU);
            throw std::runtime_error("amid a layer");
          },
          std::runtime_error);
      EXPECT_EQ(state(), std::pair(enabled, type));
    }
  }
  at::autocast::set_cpu_enabled(before.first);
  at::autocast::set_autocast_cpu_dtype(before.second);
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
