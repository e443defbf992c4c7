#include "priorseg/nn/convolution.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "priorseg/nn/mixed_precision.h"

namespace priorseg {
namespace {

/// Two blocks with a pooling between and statistics as after some training.
torch::nn::Sequential trained_layers() {
  torch::manual_seed(3);
  torch::nn::Sequential layers;
  append_convolution(layers, 2, 5);
  layers->push_back(torch::nn::MaxPool2d(2));
  append_convolution(layers, 5, 4, 2);
  layers->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 3, 1)));
  torch::NoGradGuard no_grad;
  for (auto& weight : layers->parameters()) weight.normal_(0, 0.5);
  layers->train();
  for (int step = 0; step < 5; ++step) layers->forward(3 * torch::randn({4, 2, 16, 16}) + 1);
  layers->eval();
  return layers;
}

TEST(RunLayers, FoldsBatchNormIntoTheConvolutionsBeforeIt) {
  auto layers = trained_layers();
  const auto features = torch::randn({3, 2, 20, 12}).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto expected = layers->forward(features);
  torch::NoGradGuard no_grad;
  const auto folded = run_layers(layers, features);
  EXPECT_EQ(folded.sizes(), expected.sizes());
  EXPECT_GT(expected.abs().max().item<float>(), 0.1);
  EXPECT_LT((folded - expected).abs().max().item<float>(), 1e-5 * expected.abs().max().item<float>());
}

TEST(RunLayers, SeesWeightsThatChangedSinceTheLastCall) {
  auto layers = trained_layers();
  const auto features = torch::randn({1, 2, 16, 16});
  torch::NoGradGuard no_grad;
  run_layers(layers, features);
  for (auto& weight : layers->parameters()) weight.mul_(0.5);
  EXPECT_TRUE(torch::allclose(run_layers(layers, features), layers->forward(features), 1e-4, 1e-5));
}

TEST(RunLayers, UsesTheStatisticsOfTheBatchInTraining) {
  auto layers = trained_layers();
  layers->train();
  torch::NoGradGuard no_grad;
  const auto features = 10 + torch::randn({4, 2, 16, 16});
  EXPECT_TRUE(run_layers(layers, features).equal(layers->forward(features)));
}

TEST(RunLayers, LetsDerivativesThroughInEvaluation) {
  auto layers = trained_layers();
  const auto features = torch::randn({1, 2, 16, 16}, torch::requires_grad());
  run_layers(layers, features).sum().backward();
  EXPECT_GT(features.grad().abs().max().item<float>(), 0);
  EXPECT_TRUE(layers->parameters().front().grad().defined());
}

TEST(ChannelsInnermost, HoldsForOneChannelTooAndBehindAConvolution) {
  for (const int64_t channels : {1, 3}) {
    const auto features = torch::randn({2, channels, 6, 8});
    const auto innermost = channels_innermost(features);
    EXPECT_TRUE(innermost.equal(features));
    EXPECT_EQ(innermost.suggest_memory_format(), torch::MemoryFormat::ChannelsLast);
    torch::nn::Sequential layers;
    append_convolution(layers, channels, 4);
    EXPECT_EQ(layers->forward(innermost).suggest_memory_format(), torch::MemoryFormat::ChannelsLast);
  }
}

TEST(ChannelsInnermost, LetsDerivativesThrough) {
  const auto features = torch::randn({2, 1, 4, 4}, torch::requires_grad());
  const auto weights = torch::randn({2, 1, 4, 4});
  (channels_innermost(features) * weights).sum().backward();
  EXPECT_TRUE(features.grad().equal(weights));
}

/// ReLU and pooling alone, as run_layers meets them behind a convolution.
torch::nn::Sequential relu_and_pool_layers(int64_t size) {
  torch::nn::Sequential layers;
  layers->push_back(torch::nn::ReLU());
  layers->push_back(torch::nn::MaxPool2d(size));
  layers->eval();
  return layers;
}

TEST(RunLayers, PoolsAsLibTorchDoes) {
  torch::NoGradGuard no_grad;
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    for (const int64_t channels : {2, 24, 37}) {
      auto layers = relu_and_pool_layers(2);
      const auto features = channels_innermost(torch::randn({3, channels, 7, 10})).to(type);
      const auto expected = torch::max_pool2d(torch::relu(features.to(torch::kFloat32)), 2);
      const auto pooled = run_layers(layers, features);
      EXPECT_EQ(pooled.scalar_type(), type);
      EXPECT_EQ(pooled.suggest_memory_format(), torch::MemoryFormat::ChannelsLast);
      EXPECT_TRUE(pooled.to(torch::kFloat32).equal(expected)) << channels << " channels";
    }
  }
}

TEST(RunLayers, PoolsOtherSizesAndOrdersOfMemoryToo) {
  torch::NoGradGuard no_grad;
  const auto features = torch::randn({2, 4, 12, 12});
  for (const int64_t size : {2, 3}) {
    auto layers = relu_and_pool_layers(size);
    EXPECT_TRUE(run_layers(layers, features).equal(torch::max_pool2d(torch::relu(features), size)));
    EXPECT_TRUE(run_layers(layers, features.to(torch::kFloat64))
                    .equal(torch::max_pool2d(torch::relu(features.to(torch::kFloat64)), size)));
  }
}

TEST(RunLayers, ComputesInTheTypeOfTheFeatures) {
  if (!has_bfloat16_units()) GTEST_SKIP() << "this processor has no units for bfloat16";
  torch::manual_seed(5);
  torch::nn::Sequential layers;
  append_convolution(layers, 2, 5);
  append_convolution(layers, 5, 4);
  layers->eval();
  torch::NoGradGuard no_grad;
  const auto features = torch::randn({3, 2, 20, 12});
  const auto exact = run_layers(layers, features);
  const auto rounded = run_layers(layers, features.to(torch::kBFloat16));
  EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
  EXPECT_LT((rounded.to(torch::kFloat32) - exact).abs().max().item<float>(),
            0.03 * exact.abs().max().item<float>());
}

}  // namespace
}  // namespace priorseg
