#include "priorseg/prior/shape_prior.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "priorseg/core/tensor_file.h"
#include "priorseg/nn/decoder.h"
#include "support/error_message.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include "support/tiny_prior.h"

namespace priorseg {
namespace {

using test::count_lines;
using test::ellipse_masks;
using test::error_message;
using test::read_text;
using test::RecordingObserver;
using test::TemporaryFolder;
using test::tiny_prior;
using test::tiny_prior_options;
using test::write_text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

PriorOptions few_steps(int64_t steps = 5) {
  PriorOptions options = tiny_prior_options();
  options.steps = steps;
  return options;
}

double value_of(const Progress& progress, const std::string& name) {
  for (const auto& [found, value] : progress.values) {
    if (found == name) return value;
  }
  ADD_FAILURE() << "no value " << name;
  return NAN;
}

TEST(ShapePrior, TrainingLowersTheReconstructionLoss) {
  RecordingObserver observer;
  ShapePrior::train(ellipse_masks(64), tiny_prior_options(), 1, observer);
  const auto& reports = observer.reports;
  ASSERT_GE(reports.size(), 2u);
  EXPECT_LT(value_of(reports.back(), "reconstruction"), 0.7 * value_of(reports.front(), "reconstruction"));
  EXPECT_GT(value_of(reports.back(), "kl"), 0);
  EXPECT_EQ(reports.back().stage, "train prior");
  EXPECT_EQ(reports.back().done, reports.back().total);
}

TEST(ShapePrior, TrainingStopsBetweenTwoSteps) {
  RecordingObserver stopping([](int64_t question) { return question == 3; });
  EXPECT_THROW(ShapePrior::train(ellipse_masks(64), tiny_prior_options(), 1, stopping), Stopped);
  EXPECT_EQ(stopping.questions, 4);
}

class PriorWithDecoder : public testing::TestWithParam<DecoderKind> {};

INSTANTIATE_TEST_SUITE_P(Kind, PriorWithDecoder,
                         testing::Values(DecoderKind::kConvolution, DecoderKind::kDense),
                         [](const auto& kind) { return name_of(kind.param); });

TEST_P(PriorWithDecoder, ReconstructsEllipses) {
  PriorOptions options = tiny_prior_options();
  options.encoder = {EncoderKind::kPooled, {8, 16}};
  options.decoder.kind = GetParam();
  options.decoder.channels = options.decoder.kind == DecoderKind::kDense ? std::vector<int64_t>{32, 64}
                                                                         : std::vector<int64_t>{16, 8};
  const auto prior = ShapePrior::train(ellipse_masks(64), options, 1);
  EXPECT_GT(prior.reconstruction_iou(), 0.8);
  EXPECT_LE(prior.reconstruction_iou(), 1);
}

TEST(ShapePrior, DrawsShapesAsLargeAsItsTrainingMasks) {
  const auto areas = tiny_prior().sample(64, 1).ge(0.5).flatten(1).sum(1).to(torch::kFloat32);
  const auto trained = ellipse_masks(64).flatten(1).sum(1);
  EXPECT_GT(areas.mean().item<float>(), 0.7 * trained.min().item<float>());
  EXPECT_LT(areas.mean().item<float>(), 1.3 * trained.max().item<float>());
}

TEST(ShapePrior, LearnsFromASingleMask) {
  const auto prior = ShapePrior::train(ellipse_masks(1), few_steps(), 1);
  EXPECT_EQ(prior.examples().sizes(), (torch::IntArrayRef{1, 1, 16, 16}));
  EXPECT_TRUE(std::isfinite(prior.reconstruction_iou()));
}

TEST(ShapePrior, TrainingIsRepeatableBySeed) {
  const auto draw = [](uint64_t seed) {
    return ShapePrior::train(ellipse_masks(16), few_steps(), seed).decode(torch::ones({1, 3}));
  };
  const auto first = draw(7);
  EXPECT_TRUE(first.equal(draw(7)));
  EXPECT_FALSE(first.equal(draw(8)));
}

TEST(ShapePrior, DecodesToProbabilities) {
  const auto masks = tiny_prior().decode(3 * torch::randn({20, 3}));
  ASSERT_EQ(masks.sizes(), (torch::IntArrayRef{20, 1, 16, 16}));
  EXPECT_GE(masks.min().item<float>(), 0);
  EXPECT_LE(masks.max().item<float>(), 1);
}

TEST(ShapePrior, FrozenDecoderGivesAGradientToTheLatentsOnly) {
  const auto prior = tiny_prior();
  EXPECT_FALSE(prior.decode(torch::zeros({2, 3})).requires_grad());
  auto latents = torch::zeros({2, 3}).requires_grad_();
  prior.decode(latents).sum().backward();
  EXPECT_GT(latents.grad().abs().max().item<float>(), 0);
}

TEST(ShapePrior, SamplesAreRepeatableBySeedAndLeaveTheGlobalGeneratorAlone) {
  const auto prior = tiny_prior();
  torch::manual_seed(3);
  const auto next = torch::rand({4});
  torch::manual_seed(3);
  const auto first = prior.sample(8, 5);
  EXPECT_TRUE(torch::rand({4}).equal(next));
  EXPECT_EQ(first.sizes(), (torch::IntArrayRef{8, 1, 16, 16}));
  EXPECT_TRUE(first.equal(prior.sample(8, 5)));
  EXPECT_FALSE(first.equal(prior.sample(8, 6)));
}

TEST(ShapePrior, TrainingLeavesTheGlobalGeneratorAsItWas) {
  const auto state = [] { return at::detail::getDefaultCPUGenerator().get_state(); };
  const auto before = state();
  ShapePrior::train(ellipse_masks(16), few_steps(), 1);
  EXPECT_TRUE(state().equal(before));
}

TEST(ShapePrior, IsMovedButNotCopiedByAccident) {
  EXPECT_FALSE(std::is_copy_constructible_v<ShapePrior>);
  EXPECT_FALSE(std::is_copy_assignable_v<ShapePrior>);
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<ShapePrior>);
}

TEST(ShapePrior, CloneIsTheSamePriorWithADecoderOfItsOwn) {
  auto prior = std::make_unique<ShapePrior>(tiny_prior());
  prior->set_origin("ellipses");
  const auto latents = torch::randn({9, 3});
  const auto expected = prior->decode(latents);
  const auto clone = prior->clone();
  EXPECT_EQ(clone.origin(), "ellipses");
  EXPECT_EQ(clone.reconstruction_iou(), prior->reconstruction_iou());
  EXPECT_TRUE(clone.examples().equal(prior->examples()));
  const auto theirs = prior->decoder().parameters(), ours = clone.decoder().parameters();
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_NE(ours[i].data_ptr(), theirs[i].data_ptr());
  prior.reset();
  EXPECT_TRUE(clone.decode(latents).equal(expected));
  EXPECT_FALSE(clone.decode(latents).requires_grad());
}

TEST(ShapePrior, MasksOfAnotherSideAreAnError) {
  EXPECT_THAT(error_message([] { ShapePrior::train(ellipse_masks(4, 20), few_steps(), 1); }),
              HasSubstr("masks has shape [4,1,20,20], expected [*,1,16,16]"));
}

TEST(ShapePrior, WithoutMasksIsAnError) {
  EXPECT_THAT(error_message([] {
                ShapePrior::train(torch::zeros({0, 1, 16, 16}), few_steps(), 1);
              }),
              HasSubstr("no masks"));
}

TEST(ShapePrior, LatentsOfAnotherLengthAreAnError) {
  EXPECT_THAT(error_message([] {
                tiny_prior().decode(torch::zeros({2, 4}));
              }),
              HasSubstr("latents has shape [2,4], expected [*,3]"));
}

class PriorFile : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "prior.safetensors"; }
  std::string message_of_loading() const {
    const std::string message = error_message([&] { ShapePrior::load(path()); });
    EXPECT_THAT(message, HasSubstr("prior.safetensors"));
    EXPECT_EQ(count_lines(message), 1);
    return message;
  }

  TemporaryFolder folder_;
};

TEST_F(PriorFile, GivesTheSamePriorBackToTheBit) {
  auto prior = tiny_prior();
  prior.set_origin("hand-drawn \"ellipses\"");
  prior.save(path());
  EXPECT_THAT(folder_.files(), ElementsAre("prior.safetensors"));
  const auto loaded = ShapePrior::load(path());
  const auto latents = torch::randn({9, 3});
  EXPECT_TRUE(loaded.decode(latents).equal(prior.decode(latents)));
  EXPECT_TRUE(loaded.examples().equal(prior.examples()));
  EXPECT_EQ(loaded.origin(), prior.origin());
  EXPECT_EQ(loaded.reconstruction_iou(), prior.reconstruction_iou());
  EXPECT_EQ(options_to_json(loaded.options()), options_to_json(prior.options()));
}

TEST_F(PriorFile, HoldsAFrozenDecoder) {
  tiny_prior().save(path());
  EXPECT_FALSE(ShapePrior::load(path()).decode(torch::zeros({2, 3})).requires_grad());
}

TEST_F(PriorFile, OfTheSamePriorHasTheSameBytes) {
  tiny_prior().save(path());
  tiny_prior().save(folder_ / "again.safetensors");
  EXPECT_EQ(read_text(path()), read_text(folder_ / "again.safetensors"));
}

TEST_F(PriorFile, OfAnotherFormatIsAnError) {
  write_tensor_file(path(), {{{"a", torch::zeros({2})}}, {{"format", "priorseg model 1"}}});
  EXPECT_THAT(message_of_loading(), AllOf(HasSubstr("'priorseg model 1'"), HasSubstr("'priorseg prior 1'")));
  write_tensor_file(path(), {{{"a", torch::zeros({2})}}, {}});
  EXPECT_THAT(message_of_loading(), HasSubstr("no file of priorseg"));
}

TEST_F(PriorFile, CutShortIsAnError) {
  tiny_prior().save(path());
  const std::string whole = read_text(path());
  for (const size_t length : {size_t{0}, size_t{7}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    write_text(path(), std::string_view(whole).substr(0, length));
    EXPECT_THAT(message_of_loading(), HasSubstr("not a whole safetensors file")) << length;
  }
}

TEST_F(PriorFile, WithDamagedOrWithoutSettingsIsAnError) {
  tiny_prior().save(path());
  TensorFile file = read_tensor_file(path());
  for (const char* settings :
       {"", "{", "[]", "{}", R"({"prior": 3})", R"({"prior": {}, "prior_origin": 3})"}) {
    file.metadata["settings"] = settings;
    write_tensor_file(path(), file);
    message_of_loading();
  }
  file.metadata.erase("settings");
  write_tensor_file(path(), file);
  EXPECT_THAT(message_of_loading(), HasSubstr("no settings"));
}

TEST_F(PriorFile, WithoutATensorIsAnError) {
  tiny_prior().save(path());
  const TensorFile whole = read_tensor_file(path());
  for (const auto& [name, tensor] : whole.tensors) {
    TensorFile file = whole;
    file.tensors.erase(name);
    write_tensor_file(path(), file);
    EXPECT_THAT(error_message([&] { ShapePrior::load(path()); }), HasSubstr(name));
  }
}

TEST_F(PriorFile, MissingIsAnError) { EXPECT_THAT(message_of_loading(), HasSubstr("cannot read")); }

TEST(PriorOptions, MessagesNameTheFieldTheValueAndTheRange) {
  const auto message_of = [](const std::function<void(PriorOptions&)>& change) {
    PriorOptions options = tiny_prior_options();
    change(options);
    return error_message([&] { check_options(options, "prior."); });
  };
  EXPECT_EQ(message_of([](PriorOptions&) {}), "no error");
  EXPECT_THAT(message_of([](auto& o) { o.patch_size = 4; }),
              AllOf(HasSubstr("prior.patch_size is 4"), HasSubstr("8"), HasSubstr("128")));
  EXPECT_THAT(message_of([](auto& o) { o.latent_size = 0; }), HasSubstr("prior.latent_size is 0"));
  EXPECT_THAT(message_of([](auto& o) { o.fill = 1.5; }), HasSubstr("prior.fill is 1.5"));
  EXPECT_THAT(message_of([](auto& o) { o.steps = 0; }), HasSubstr("prior.steps is 0"));
  EXPECT_THAT(message_of([](auto& o) { o.batch_size = 1; }), HasSubstr("prior.batch_size is 1"));
  EXPECT_THAT(message_of([](auto& o) { o.learning_rate = NAN; }), HasSubstr("prior.learning_rate is nan"));
  EXPECT_THAT(message_of([](auto& o) { o.kl_weight = -1; }), HasSubstr("prior.kl_weight is -1"));
  EXPECT_THAT(message_of([](auto& o) { o.encoder.channels = {}; }), HasSubstr("prior.encoder.channels"));
  EXPECT_THAT(message_of([](auto& o) { o.decoder.channels = {}; }), HasSubstr("prior.decoder.channels"));
}

}  // namespace
}  // namespace priorseg
