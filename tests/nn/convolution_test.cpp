#include "priorseg/nn/convolution.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

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

}  // namespace
}  // namespace priorseg
