#include "priorseg/nn/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <string>

#include "priorseg/core/generator.h"
#include "priorseg/core/options.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::HasSubstr;

int64_t count_convolutions(const torch::nn::Module& module) {
  int64_t convolutions = 0;
  for (const auto& part : module.modules())
    convolutions += part->as<torch::nn::Conv2dImpl>() != nullptr ? 1 : 0;
  return convolutions;
}

class EncoderOfKind : public testing::TestWithParam<EncoderKind> {
 protected:
  Encoder encoder(int64_t patch_size = 16) const { return Encoder(options_, patch_size, 5); }

  const EncoderOptions options_{GetParam(), {4, 6, 8}};
};

INSTANTIATE_TEST_SUITE_P(Kind, EncoderOfKind, testing::Values(EncoderKind::kPooled, EncoderKind::kStrided),
                         [](const auto& kind) { return name_of(kind.param); });

TEST_P(EncoderOfKind, GivesMeanAndLogVarianceOfEachPatch) {
  const auto latent = encoder()->forward(torch::rand({7, 1, 16, 16}));
  EXPECT_EQ(latent.mean.sizes(), (torch::IntArrayRef{7, 5}));
  EXPECT_EQ(latent.log_variance.sizes(), (torch::IntArrayRef{7, 5}));
}

TEST_P(EncoderOfKind, ReadsNoPatchAtAll) {
  auto network = encoder();
  network->eval();
  EXPECT_EQ(network->forward(torch::rand({0, 1, 16, 16})).mean.sizes(), (torch::IntArrayRef{0, 5}));
}

TEST_P(EncoderOfKind, ClampsTheLogVarianceOfExtremePatches) {
  auto network = encoder();
  network->eval();
  const auto latent = network->forward(1e6 * torch::randn({4, 1, 16, 16}));
  EXPECT_LE(latent.log_variance.abs().max().item<float>(), 10);
  EXPECT_EQ(latent.log_variance.abs().max().item<float>(), 10);
}

TEST_P(EncoderOfKind, IsDifferentiableInThePatches) {
  auto patches = torch::rand({3, 1, 16, 16}).requires_grad_();
  encoder()->forward(patches).mean.square().sum().backward();
  EXPECT_GT(patches.grad().abs().max().item<float>(), 0);
}

TEST_P(EncoderOfKind, PatchThatCannotBeHalvedByEveryStageIsAnError) {
  EXPECT_THAT(error_message([&] { encoder(20); }), AllOf(HasSubstr("20 px"), HasSubstr("encoder")));
}

TEST(Encoder, PooledKindHasTwoConvolutionsAStageStridedKindOne) {
  EXPECT_EQ(count_convolutions(*Encoder(EncoderOptions{EncoderKind::kPooled, {4, 4, 4}}, 16, 2)), 6);
  EXPECT_EQ(count_convolutions(*Encoder(EncoderOptions{EncoderKind::kStrided, {4, 4, 4}}, 16, 2)), 3);
}

TEST(Encoder, PatchesOfTwoChannelsAreAnError) {
  Encoder encoder(EncoderOptions{EncoderKind::kStrided, {4}}, 16, 2);
  EXPECT_THAT(error_message([&] {
                encoder->forward(torch::zeros({1, 2, 16, 16}));
              }),
              HasSubstr("patches has shape [1,2,16,16], expected [*,1,*,*]"));
}

TEST(EncoderOptions, MessagesNameTheFieldTheValueAndTheRange) {
  const auto message_of = [](const EncoderOptions& options) {
    return error_message([&] { check_options(options, "encoder."); });
  };
  EXPECT_EQ(message_of({}), "no error");
  EXPECT_THAT(message_of({EncoderKind::kPooled, {}}),
              HasSubstr("encoder.channels has 0 entries, expected 1 to 5"));
  EXPECT_THAT(message_of({EncoderKind::kPooled, {4, -1}}),
              HasSubstr("encoder.channels holds -1, expected 1 to 1024"));
}

TEST(LatentDistribution, DivergenceEqualsTheFormulaSummedOverTheLatent) {
  torch::manual_seed(1);
  const LatentDistribution latent{torch::randn({4, 3}, torch::kFloat64),
                                  torch::randn({4, 3}, torch::kFloat64)};
  const auto found = latent.divergence();
  ASSERT_EQ(found.sizes(), torch::IntArrayRef{4});
  for (int64_t n = 0; n < 4; ++n) {
    double expected = 0;
    for (int64_t i = 0; i < 3; ++i) {
      const double mean = latent.mean[n][i].item<double>();
      const double sigma = std::exp(0.5 * latent.log_variance[n][i].item<double>());
      expected += (sigma * sigma + mean * mean) / 2 - 0.5 - std::log(sigma);
    }
    EXPECT_NEAR(found[n].item<double>(), expected, 1e-12);
    EXPECT_GT(found[n].item<double>(), 0);
  }
}

TEST(LatentDistribution, DivergenceOfTheStandardNormalIsZero) {
  const LatentDistribution latent{torch::zeros({2, 3}), torch::zeros({2, 3})};
  EXPECT_TRUE(latent.divergence().equal(torch::zeros({2})));
}

TEST(LatentDistribution, SamplesHaveItsMeanAndVariance) {
  auto generator = torch_generator(2);
  const LatentDistribution latent{torch::full({20000, 1}, 3.0), torch::full({20000, 1}, std::log(0.25))};
  const auto samples = latent.sample(generator);
  EXPECT_NEAR(samples.mean().item<double>(), 3.0, 0.02);
  EXPECT_NEAR(samples.std().item<double>(), 0.5, 0.02);
}

TEST(LatentDistribution, SamplesAreDifferentiableInMeanAndVariance) {
  torch::manual_seed(3);
  auto mean = torch::randn({2, 3}).requires_grad_();
  auto log_variance = torch::randn({2, 3}).requires_grad_();
  auto generator = torch_generator(3);
  const auto sample = LatentDistribution{mean, log_variance}.sample(generator);
  sample.sum().backward();
  EXPECT_TRUE(mean.grad().equal(torch::ones({2, 3})));
  // d sample / d log variance = half the deviation from the mean.
  EXPECT_TRUE(log_variance.grad().allclose(0.5 * (sample - mean).detach(), 1e-4, 1e-6));
}

}  // namespace
}  // namespace priorseg
