#include "priorseg/nn/localizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "priorseg/core/options.h"
#include "priorseg/nn/mixed_precision.h"
#include "support/central_differences.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::central_differences;
using test::error_message;
using test::relative_difference;
using testing::AllOf;
using testing::HasSubstr;

constexpr int64_t kCell = 16;
constexpr double kScaleMin = 1.5, kScaleMax = 4.0, kMaxRatio = 3.0;

PredictedBoxes decode(const torch::Tensor& maps) {
  return decode_boxes(maps, kCell, kScaleMin, kScaleMax, kMaxRatio);
}

LocalizerOptions narrow(size_t stages, int64_t reduction = 1) {
  LocalizerOptions options;
  options.reduction = reduction;
  options.channels.assign(stages, 4);
  return options;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(DecodeBoxes, EqualsTheFormulasOfThePaperGridCellByGridCell) {
  torch::manual_seed(1);
  const int64_t images = 2, rows = 3, columns = 4;
  const auto maps = 2 * torch::randn({images, 5, rows, columns}, torch::kFloat64);
  const auto found = decode(maps);
  ASSERT_EQ(found.boxes.sizes(), (torch::IntArrayRef{images * rows * columns, 4}));
  ASSERT_EQ(found.presence.sizes(), torch::IntArrayRef{images * rows * columns});
  EXPECT_EQ(found.rows, rows);
  EXPECT_EQ(found.columns, columns);
  int64_t n = 0;
  for (int64_t b = 0; b < images; ++b)
    for (int64_t y = 0; y < rows; ++y)
      for (int64_t x = 0; x < columns; ++x, ++n) {
        const auto f = [&](int64_t map) { return maps[b][map][y][x].item<double>(); };
        const double scale = sigmoid(f(1)) * (kScaleMax - kScaleMin) + kScaleMin;
        const double ratio = std::exp(std::tanh(f(2)) * std::log(kMaxRatio));
        const double expected[] = {(static_cast<double>(x) + 0.5 + 0.5 * std::tanh(f(3))) * kCell,
                                   (static_cast<double>(y) + 0.5 + 0.5 * std::tanh(f(4))) * kCell,
                                   scale * kCell / std::sqrt(ratio), scale * kCell * std::sqrt(ratio)};
        for (int64_t i = 0; i < 4; ++i)
          ASSERT_NEAR(found.boxes[n][i].item<double>(), expected[i], 1e-9) << n << ", " << i;
        ASSERT_NEAR(found.presence[n].item<double>(), sigmoid(f(0)), 1e-12);
        ASSERT_EQ(found.image_of_box[n].item<int64_t>(), b);
      }
}

TEST(DecodeBoxes, KeepsScaleRatioAndCentreInTheirRangesForAnyInput) {
  torch::manual_seed(2);
  const auto found = decode(1000 * torch::randn({1, 5, 8, 8}, torch::kFloat64));
  const auto column = [&](int64_t i) { return found.boxes.select(1, i); };
  const auto scale = (column(2) * column(3)).sqrt() / kCell;
  const auto ratio = column(3) / column(2);
  const double tiny = 1e-9;
  EXPECT_GE(scale.min().item<double>(), kScaleMin - tiny);
  EXPECT_LE(scale.max().item<double>(), kScaleMax + tiny);
  EXPECT_GE(ratio.min().item<double>(), 1 / kMaxRatio - tiny);
  EXPECT_LE(ratio.max().item<double>(), kMaxRatio + tiny);
  const auto cell = torch::arange(64, torch::kInt64);
  const auto dx = column(0) - (cell.remainder(8) + 0.5) * kCell;
  const auto dy = column(1) - (torch::div(cell, 8, "floor") + 0.5) * kCell;
  EXPECT_LE(dx.abs().max().item<double>(), kCell / 2.0 + tiny);
  EXPECT_LE(dy.abs().max().item<double>(), kCell / 2.0 + tiny);
  // The ends are reached, so that no size or place is out of reach.
  EXPECT_NEAR(scale.max().item<double>(), kScaleMax, 1e-6);
  EXPECT_NEAR(dx.abs().max().item<double>(), kCell / 2.0, 1e-6);
}

TEST(DecodeBoxes, GradientEqualsCentralDifferences) {
  torch::manual_seed(3);
  auto maps = torch::randn({2, 5, 2, 3}, torch::kFloat64).requires_grad_();
  const auto box_weights = torch::randn({12, 4}, torch::kFloat64);
  const auto presence_weights = torch::randn({12}, torch::kFloat64);
  const auto weighted_sum = [&] {
    const auto found = decode(maps);
    return (found.boxes * box_weights).sum() + (found.presence * presence_weights).sum();
  };
  weighted_sum().backward();
  EXPECT_LT(relative_difference(maps.grad(), central_differences(weighted_sum, maps)), 1e-7);
}

TEST(DecodeBoxes, WrongNumberOfMapsIsAnError) {
  EXPECT_THAT(error_message([] {
                decode(torch::zeros({1, 4, 2, 2}));
              }),
              HasSubstr("maps has shape [1,4,2,2], expected [*,5,*,*]"));
}

TEST(Localizer, GivesFiveMapsAGridCell) {
  for (size_t stages = 1; stages <= 4; ++stages) {
    const LocalizerOptions options = narrow(stages);
    ASSERT_EQ(options.cell_size(), 1 << stages);
    Localizer localizer(options);
    const auto maps =
        localizer->forward(torch::rand({2, 1, 3 * options.cell_size(), 5 * options.cell_size()}));
    EXPECT_EQ(maps.sizes(), (torch::IntArrayRef{2, 5, 3, 5})) << stages;
  }
}

TEST(Localizer, HasTwoConvolutionsAStageAndAHead) {
  Localizer localizer(narrow(4));
  int64_t convolutions = 0;
  for (const auto& module : localizer->modules())
    convolutions += module->as<torch::nn::Conv2dImpl>() != nullptr ? 1 : 0;
  EXPECT_EQ(convolutions, 2 * 4 + 1);
}

TEST(Localizer, StartsNearTheInitialPresence) {
  LocalizerOptions options = narrow(2);
  options.initial_presence = 0.02;
  torch::manual_seed(4);
  Localizer localizer(options);
  localizer->eval();
  torch::NoGradGuard no_grad;
  const auto maps = localizer->forward(torch::rand({1, 1, 64, 64}));
  const double presence = decode_boxes(maps, options.cell_size(), 1, 2, 2).presence.mean().item<double>();
  EXPECT_GT(presence, 0.01);
  EXPECT_LT(presence, 0.04);
}

TEST(Localizer, ColourImageIsAnError) {
  Localizer localizer(narrow(2));
  EXPECT_THAT(error_message([&] {
                localizer->forward(torch::zeros({1, 3, 8, 8}));
              }),
              HasSubstr("images has shape [1,3,8,8], expected [*,1,*,*]"));
}

TEST(Localizer, PlacesNearlyTheSameBoxesInShortPrecision) {
  if (!has_bfloat16_units()) GTEST_SKIP() << "this processor has no units for bfloat16";
  torch::manual_seed(1);
  Localizer localizer{LocalizerOptions{}};
  localizer->eval();
  torch::NoGradGuard no_grad;
  const auto images = torch::rand({2, 1, 64, 96});
  const auto exact = localizer->forward(images);
  const auto rounded = localizer->forward(images, torch::kBFloat16);
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat32);
  EXPECT_FALSE(rounded.equal(exact));
  EXPECT_LT((rounded - exact).abs().max().item<float>(), 0.05);
}

TEST(Localizer, LearnsNearlyTheSameInShortPrecision) {
  if (!has_bfloat16_units()) GTEST_SKIP() << "this processor has no units for bfloat16";
  const auto images = torch::rand({4, 1, 64, 96});
  const auto gradients = [&](torch::ScalarType arithmetic) {
    torch::manual_seed(1);
    Localizer localizer{LocalizerOptions{}};
    localizer->forward(images, arithmetic).square().sum().backward();
    std::vector<torch::Tensor> all;
    for (const auto& parameter : localizer->parameters()) all.push_back(parameter.grad().flatten());
    return torch::cat(all);
  };
  const auto exact = gradients(torch::kFloat32), rounded = gradients(torch::kBFloat16);
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat32);
  EXPECT_FALSE(rounded.equal(exact));
  EXPECT_GT(torch::cosine_similarity(exact, rounded, 0).item<float>(), 0.95);
}

TEST(Localizer, SeesTheImageAveragedDownByTheReduction) {
  const auto localizer_with = [](int64_t reduction) {
    torch::manual_seed(6);
    Localizer localizer(narrow(2, reduction));
    localizer->eval();
    return localizer;
  };
  EXPECT_EQ(narrow(2, 4).cell_size(), 16);
  const auto image = torch::rand({1, 1, 64, 96});
  const auto reduced = image.view({1, 1, 32, 2, 48, 2}).mean(torch::IntArrayRef{3, 5});
  const auto found = localizer_with(2)->forward(image);
  EXPECT_EQ(found.sizes(), (torch::IntArrayRef{1, 5, 8, 12}));
  EXPECT_TRUE(found.allclose(localizer_with(1)->forward(reduced), 1e-4, 1e-5));
}

struct Field {
  size_t stages;
  int64_t reduction;
};
void PrintTo(const Field& field, std::ostream* out) {
  *out << field.stages << " stages, reduction " << field.reduction;
}

class LocalizerInEvaluation : public testing::TestWithParam<Field> {
 protected:
  LocalizerInEvaluation() {
    torch::manual_seed(5);
    localizer_ = Localizer(options_);
    // Running statistics other than 0 and 1, as after a training.
    for (int i = 0; i < 3; ++i) localizer_->forward(torch::rand({2, 1, 4 * cell(), 4 * cell()}));
    localizer_->eval();
  }
  int64_t cell() const { return options_.cell_size(); }

  torch::NoGradGuard no_grad_;
  const LocalizerOptions options_ = narrow(GetParam().stages, GetParam().reduction);
  Localizer localizer_{nullptr};
};

INSTANTIATE_TEST_SUITE_P(Networks, LocalizerInEvaluation,
                         testing::Values(Field{1, 1}, Field{2, 1}, Field{3, 1}, Field{4, 1}, Field{3, 2},
                                         Field{2, 4}));

TEST_P(LocalizerInEvaluation, ShiftByOneGridCellShiftsTheInteriorOfTheMaps) {
  const auto large = torch::rand({1, 1, 11 * cell(), 11 * cell()});
  const auto maps = localizer_->forward(large.slice(2, 0, 10 * cell()).slice(3, 0, 10 * cell()));
  const auto shifted = localizer_->forward(large.slice(2, cell()).slice(3, cell()));
  const auto before = maps.slice(2, 4, 7).slice(3, 4, 7);
  const auto after = shifted.slice(2, 3, 6).slice(3, 3, 6);
  EXPECT_LT((before - after).abs().max().item<float>(), 1e-5);
}

// Tiles of the detector have margins of three grid cells.
TEST_P(LocalizerInEvaluation, NothingBeyondThreeGridCellsReachesAGridCell) {
  auto image = torch::rand({1, 1, 9 * cell(), 9 * cell()});
  const auto before = localizer_->forward(image).clone();
  const auto middle = image.slice(2, cell(), 8 * cell()).slice(3, cell(), 8 * cell()).clone();
  image.uniform_(-5, 5);
  image.slice(2, cell(), 8 * cell()).slice(3, cell(), 8 * cell()).copy_(middle);
  const auto after = localizer_->forward(image);
  const auto at_centre = [](const torch::Tensor& maps) { return maps.select(2, 4).select(2, 4); };
  EXPECT_LT((at_centre(before) - at_centre(after)).abs().max().item<float>(), 1e-5);
  EXPECT_GT((before - after).abs().max().item<float>(), 1e-3);
}

std::string message_of(const std::function<void(LocalizerOptions&)>& change) {
  LocalizerOptions options;
  change(options);
  return error_message([&] { check_options(options, "localizer."); });
}

TEST(LocalizerOptions, DefaultsAreValid) {
  EXPECT_EQ(message_of([](LocalizerOptions&) {}), "no error");
}

TEST(LocalizerOptions, MessagesNameTheFieldTheValueAndTheRange) {
  EXPECT_THAT(message_of([](auto& o) { o.channels = {}; }),
              AllOf(HasSubstr("localizer.channels has 0 entries"), HasSubstr("1 to 6")));
  EXPECT_THAT(message_of([](auto& o) { o.channels.assign(7, 8); }), HasSubstr("has 7 entries"));
  EXPECT_THAT(message_of([](auto& o) {
                o.channels = {8, 0};
              }),
              AllOf(HasSubstr("localizer.channels holds 0"), HasSubstr("1 to 1024")));
  EXPECT_THAT(message_of([](auto& o) { o.reduction = 3; }),
              AllOf(HasSubstr("localizer.reduction is 3"), HasSubstr("1, 2 or 4")));
  EXPECT_THAT(message_of([](auto& o) { o.max_ratio = 0.5; }),
              AllOf(HasSubstr("localizer.max_ratio is 0.5"), HasSubstr("1 to 10")));
  EXPECT_THAT(message_of([](auto& o) { o.max_ratio = NAN; }), HasSubstr("localizer.max_ratio"));
  EXPECT_THAT(message_of([](auto& o) { o.initial_presence = 0; }),
              HasSubstr("localizer.initial_presence is 0"));
  EXPECT_THAT(message_of([](auto& o) { o.initial_presence = 1; }),
              HasSubstr("expected more than 0, less than 1"));
}

}  // namespace
}  // namespace priorseg
