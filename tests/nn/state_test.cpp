#include "priorseg/nn/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <string>

#include "priorseg/nn/localizer.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::HasSubstr;

using Tensors = std::map<std::string, torch::Tensor>;

/// A network whose weights and running statistics depend on the seed.
Localizer network(uint64_t seed, int64_t width = 4) {
  torch::manual_seed(seed);
  LocalizerOptions options;
  options.channels = {width, 6};
  Localizer localizer(options);
  localizer->forward(torch::rand({2, 1, 16, 16}));
  localizer->eval();
  return localizer;
}

Tensors state_of(const Localizer& module) {
  Tensors tensors;
  collect_state(*module, "localizer.", tensors);
  return tensors;
}

TEST(State, RestoredNetworkGivesTheSameOutputToTheBit) {
  auto source = network(1), target = network(2);
  const auto image = torch::rand({1, 1, 16, 16});
  ASSERT_FALSE(source->forward(image).equal(target->forward(image)));
  restore_state(*target, "localizer.", state_of(source));
  EXPECT_TRUE(source->forward(image).equal(target->forward(image)));
}

TEST(State, HoldsParametersAndRunningStatisticsUnderThePrefix) {
  const auto source = network(1);
  const auto tensors = state_of(source);
  EXPECT_EQ(tensors.size(), source->parameters().size() + source->buffers().size());
  int64_t statistics = 0;
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(name.rfind("localizer.", 0), 0u) << name;
    EXPECT_FALSE(tensor.requires_grad()) << name;
    EXPECT_TRUE(tensor.is_contiguous()) << name;
    statistics += name.ends_with("running_mean") ? 1 : 0;
  }
  EXPECT_EQ(statistics, 4);
}

TEST(State, IsACopyThatLaterTrainingLeavesAlone) {
  auto source = network(1);
  const auto tensors = state_of(source);
  const auto before = tensors.at("localizer.head.bias").clone();
  torch::NoGradGuard no_grad;
  source->named_parameters()["head.bias"].add_(1);
  EXPECT_TRUE(tensors.at("localizer.head.bias").equal(before));
}

TEST(State, RestoredParametersCanBeTrainedOn) {
  auto target = network(2);
  restore_state(*target, "localizer.", state_of(network(1)));
  for (const auto& parameter : target->parameters()) EXPECT_TRUE(parameter.requires_grad());
}

TEST(State, MissingTensorIsAnErrorThatNamesIt) {
  auto tensors = state_of(network(1));
  tensors.erase("localizer.head.weight");
  auto target = network(2);
  EXPECT_THAT(error_message([&] { restore_state(*target, "localizer.", tensors); }),
              AllOf(HasSubstr("lacks the tensor localizer.head.weight"), HasSubstr("other settings")));
  EXPECT_THAT(error_message([&] { restore_state(*target, "encoder.", tensors); }), HasSubstr("encoder."));
}

TEST(State, TensorOfAnotherShapeIsAnErrorThatNamesIt) {
  auto target = network(2);
  const auto wider = state_of(network(1, 5));
  EXPECT_THAT(error_message([&] { restore_state(*target, "localizer.", wider); }),
              AllOf(HasSubstr("localizer.stages.0.weight"), HasSubstr("shape")));
}

}  // namespace
}  // namespace priorseg
