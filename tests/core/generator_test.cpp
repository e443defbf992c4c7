#include "priorseg/core/generator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace priorseg {
namespace {

TEST(TorchGenerator, DrawsWhatTheGlobalGeneratorDrawsFromTheSameSeed) {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{7}, ~uint64_t{0} - 4}) {
    auto generator = torch_generator(seed);
    torch::manual_seed(seed);
    EXPECT_TRUE(torch::randn({3, 7}, generator).equal(torch::randn({3, 7})));
    EXPECT_TRUE(torch::rand({5}, generator).equal(torch::rand({5})));
    EXPECT_TRUE(
        torch::randint(9, {20}, generator, torch::kInt64).equal(torch::randint(9, {20}, torch::kInt64)));
    EXPECT_TRUE(torch::randperm(50, generator, torch::kInt64).equal(torch::randperm(50, torch::kInt64)));
    EXPECT_TRUE(torch::randn({40}, generator).equal(torch::randn_like(torch::zeros({40}))));
  }
}

TEST(TorchGenerator, LeavesTheGlobalGeneratorAlone) {
  torch::manual_seed(3);
  const auto expected = torch::rand({4});
  torch::manual_seed(3);
  auto generator = torch_generator(5);
  torch::randn({10}, generator);
  EXPECT_TRUE(torch::rand({4}).equal(expected));
}

}  // namespace
}  // namespace priorseg
