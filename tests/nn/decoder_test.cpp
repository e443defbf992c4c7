#include "priorseg/nn/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

#include "priorseg/core/options.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::HasSubstr;

class DecoderOfKind : public testing::TestWithParam<DecoderKind> {
 protected:
  Decoder decoder(int64_t patch_size = 16) const {
    torch::manual_seed(1);
    Decoder decoder(DecoderOptions{GetParam(), {8, 6, 4}}, patch_size, 5);
    decoder->eval();
    return decoder;
  }
};

INSTANTIATE_TEST_SUITE_P(Kind, DecoderOfKind, testing::Values(DecoderKind::kConvolution, DecoderKind::kDense),
                         [](const auto& kind) { return name_of(kind.param); });

TEST_P(DecoderOfKind, DrawsOneMaskALatent) {
  for (const int64_t count : {0, 1, 7})
    EXPECT_EQ(decoder()->forward(torch::randn({count, 5})).sizes(), (torch::IntArrayRef{count, 1, 16, 16}));
}

TEST_P(DecoderOfKind, DrawsAnotherMaskForAnotherLatent) {
  const auto logits = decoder()->forward(3 * torch::randn({2, 5}));
  EXPECT_GT((logits[0] - logits[1]).abs().max().item<float>(), 1e-3);
}

TEST_P(DecoderOfKind, DrawsEachMaskByItself) {
  const auto latents = torch::randn({6, 5});
  auto network = decoder();
  const auto together = network->forward(latents);
  const auto alone = network->forward(latents.slice(0, 3, 4));
  EXPECT_TRUE(together.slice(0, 3, 4).allclose(alone, 1e-4, 1e-5));
}

TEST_P(DecoderOfKind, IsDifferentiableInTheLatents) {
  auto latents = torch::randn({3, 5}).requires_grad_();
  decoder()->forward(latents).square().sum().backward();
  EXPECT_GT(latents.grad().abs().min().item<float>(), 0);
}

TEST_P(DecoderOfKind, LatentsOfAnotherRankAreAnError) {
  EXPECT_THAT(error_message([&] { decoder()->forward(torch::zeros({5})); }),
              HasSubstr("latents has shape [5], expected [*,*]"));
}

TEST(Decoder, ConvolutionKindHasTwoConvolutionsAStage) {
  Decoder decoder(DecoderOptions{DecoderKind::kConvolution, {8, 6, 4}}, 32, 5);
  int64_t convolutions = 0, upsamplings = 0;
  for (const auto& part : decoder->modules()) {
    convolutions += part->as<torch::nn::Conv2dImpl>() != nullptr ? 1 : 0;
    upsamplings += part->as<torch::nn::UpsampleImpl>() != nullptr ? 1 : 0;
  }
  EXPECT_EQ(convolutions, 6);
  EXPECT_EQ(upsamplings, 3);
}

TEST(Decoder, PatchThatCannotBeHalvedByEveryStageIsAnError) {
  for (const int64_t side : {4, 20})
    EXPECT_THAT(error_message([&] {
                  Decoder(DecoderOptions{DecoderKind::kConvolution, {4, 4, 4}}, side, 2);
                }),
                AllOf(HasSubstr(std::to_string(side) + " px"), HasSubstr("decoder")));
}

TEST(Decoder, DenseKindDrawsPatchesOfAnySide) {
  Decoder decoder(DecoderOptions{DecoderKind::kDense, {8}}, 19, 2);
  EXPECT_EQ(decoder->forward(torch::zeros({1, 2})).sizes(), (torch::IntArrayRef{1, 1, 19, 19}));
}

TEST(DecoderOptions, MessagesNameTheFieldTheValueAndTheRange) {
  const auto message_of = [](const DecoderOptions& options) {
    return error_message([&] { check_options(options, "decoder."); });
  };
  EXPECT_EQ(message_of({}), "no error");
  EXPECT_THAT(message_of({DecoderKind::kDense, {}}),
              HasSubstr("decoder.channels has 0 entries, expected 1 to 5"));
  EXPECT_THAT(message_of({DecoderKind::kDense, {5000}}),
              HasSubstr("decoder.channels holds 5000, expected 1 to 4096"));
}

}  // namespace
}  // namespace priorseg
