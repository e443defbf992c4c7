#include "priorseg/nn/initial_weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <map>
#include <string>

#include "priorseg/core/generator.h"
#include "priorseg/nn/decoder.h"
#include "priorseg/nn/encoder.h"
#include "priorseg/nn/localizer.h"
#include "priorseg/nn/state.h"

namespace priorseg {
namespace {

std::map<std::string, torch::Tensor> weights_of(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> tensors;
  collect_state(module, "", tensors);
  return tensors;
}

void expect_same(const torch::nn::Module& found, const torch::nn::Module& expected) {
  const auto there = weights_of(found);
  for (const auto& [name, tensor] : weights_of(expected)) EXPECT_TRUE(tensor.equal(there.at(name))) << name;
}

torch::Tensor global_state() { return at::detail::getDefaultCPUGenerator().get_state(); }

TEST(InitialWeights, AreThoseOfTheGlobalGeneratorForEveryNetwork) {
  for (const uint64_t seed : {uint64_t{1}, uint64_t{12345678901}}) {
    const LocalizerOptions localizer{{8, 12}};
    torch::manual_seed(seed);
    const auto expected = std::make_shared<LocalizerImpl>(localizer);
    auto generator = torch_generator(seed);
    const auto found = make_network<LocalizerImpl>(localizer);
    found->draw_weights(generator);
    expect_same(*found, *expected);
  }
  for (const auto kind : {EncoderKind::kStrided, EncoderKind::kPooled}) {
    const EncoderOptions options{kind, {4, 8}};
    torch::manual_seed(5);
    const auto expected = std::make_shared<EncoderImpl>(options, 16, 3);
    auto generator = torch_generator(5);
    const auto found = make_network<EncoderImpl>(options, 16, 3);
    draw_network_weights(*found, generator);
    expect_same(*found, *expected);
  }
  for (const auto kind : {DecoderKind::kDense, DecoderKind::kConvolution}) {
    const DecoderOptions options{kind, {8, 4}};
    torch::manual_seed(6);
    const auto expected = std::make_shared<DecoderImpl>(options, 16, 3);
    auto generator = torch_generator(6);
    const auto found = make_network<DecoderImpl>(options, 16, 3);
    draw_network_weights(*found, generator);
    expect_same(*found, *expected);
  }
}

TEST(InitialWeights, NetworksThatShareAGeneratorGoOnWhereTheOtherStopped) {
  torch::manual_seed(9);
  const auto first = std::make_shared<EncoderImpl>(EncoderOptions{EncoderKind::kStrided, {4}}, 8, 2);
  const auto second = std::make_shared<DecoderImpl>(DecoderOptions{DecoderKind::kDense, {4}}, 8, 2);
  const auto after = torch::rand({3});
  auto generator = torch_generator(9);
  const auto encoder = make_network<EncoderImpl>(EncoderOptions{EncoderKind::kStrided, {4}}, 8, 2);
  const auto decoder = make_network<DecoderImpl>(DecoderOptions{DecoderKind::kDense, {4}}, 8, 2);
  draw_network_weights(*encoder, generator);
  draw_network_weights(*decoder, generator);
  expect_same(*encoder, *first);
  expect_same(*decoder, *second);
  EXPECT_TRUE(torch::rand({3}, generator).equal(after));
}

TEST(InitialWeights, OtherFormulasAreThoseOfLibTorch) {
  namespace nn = torch::nn;
  const auto compare = [](const std::function<void(torch::Tensor)>& theirs,
                          const std::function<void(torch::Tensor, at::Generator&)>& ours) {
    auto expected = torch::zeros({6, 5, 3, 3}), found = torch::zeros({6, 5, 3, 3});
    torch::manual_seed(4);
    theirs(expected);
    auto generator = torch_generator(4);
    ours(found, generator);
    EXPECT_TRUE(found.equal(expected));
  };
  compare([](torch::Tensor weight) { nn::init::kaiming_normal_(weight, 0, torch::kFanOut, torch::kReLU); },
          draw_normal_by_outputs);
  compare([](torch::Tensor weight) { nn::init::kaiming_uniform_(weight, 1); }, draw_uniform_by_inputs);
  torch::manual_seed(4);
  nn::ConvTranspose2d expected(nn::ConvTranspose2dOptions(4, 6, 2));
  nn::ConvTranspose2d found(nn::ConvTranspose2dOptions(4, 6, 2));
  auto generator = torch_generator(4);
  draw_default_weights(*found, generator);
  expect_same(*found, *expected);
}

TEST(InitialWeights, MakingANetworkLeavesTheGlobalGeneratorAsItWas) {
  const auto before = global_state();
  const auto network = make_network<EncoderImpl>(EncoderOptions{EncoderKind::kStrided, {4}}, 8, 2);
  auto generator = torch_generator(1);
  draw_network_weights(*network, generator);
  EXPECT_TRUE(global_state().equal(before));
}

TEST(InitialWeights, FromAnInitialPresenceOnABoxIsExpected) {
  LocalizerOptions options{{4}};
  options.initial_presence = 0.2;
  const auto network = make_network<LocalizerImpl>(options);
  auto generator = torch_generator(1);
  network->draw_weights(generator);
  network->eval();
  const auto maps = network->forward(torch::zeros({1, 1, 8, 8}));
  EXPECT_NEAR(torch::sigmoid(maps[0][0][1][1]).item<double>(), 0.2, 1e-3);
}

}  // namespace
}  // namespace priorseg
