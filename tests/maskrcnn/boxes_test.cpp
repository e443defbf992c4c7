// Boxes by their corners: coding, suppression, matching, anchors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <set>
#include <vector>

#include "priorseg/core/generator.h"
#include "priorseg/core/options.h"
#include "priorseg/maskrcnn/anchors.h"
#include "priorseg/maskrcnn/box_nms.h"
#include "priorseg/maskrcnn/corner_boxes.h"
#include "priorseg/maskrcnn/matching.h"
#include "priorseg/maskrcnn/pool_regions.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

torch::Tensor random_corners(int64_t count) {
  const auto low = torch::rand({count, 2}) * 100;
  return torch::cat({low, low + 5 + torch::rand({count, 2}) * 40}, 1);
}

std::vector<int64_t> list(const torch::Tensor& indices) {
  const auto whole = indices.contiguous();
  return {whole.data_ptr<int64_t>(), whole.data_ptr<int64_t>() + whole.numel()};
}

double iou_of(const torch::Tensor& a, const torch::Tensor& b) {
  const auto side = [&](int64_t low) {
    return std::max(0.0, std::min(a[low + 2].item<double>(), b[low + 2].item<double>()) -
                             std::max(a[low].item<double>(), b[low].item<double>()));
  };
  const double common = side(0) * side(1);
  return common /
         (corner_areas(a.view({1, 4})).item<double>() + corner_areas(b.view({1, 4})).item<double>() - common);
}

TEST(CornerBoxes, IousAgreeWithASlowLoop) {
  torch::manual_seed(1);
  const auto a = random_corners(7), b = random_corners(9);
  const auto ious = corner_ious(a, b);
  for (int64_t i = 0; i < 7; ++i)
    for (int64_t k = 0; k < 9; ++k) EXPECT_NEAR(ious[i][k].item<double>(), iou_of(a[i], b[k]), 1e-6);
}

TEST(CornerBoxes, CodingIsUndoneByDecoding) {
  torch::manual_seed(2);
  const auto boxes = random_corners(20), references = random_corners(20);
  const BoxCoding coding{10, 5};
  const auto again = coding.decode(coding.encode(boxes, references), references);
  EXPECT_EQ(again.sizes(), (torch::IntArrayRef{20, 1, 4}));
  EXPECT_TRUE(again.squeeze(1).allclose(boxes, 1e-4, 1e-3));
}

TEST(CornerBoxes, DecodingBoundsTheGrowthOfABox) {
  const auto reference = torch::tensor({{0.0f, 0.0f, 16.0f, 16.0f}});
  const auto box = BoxCoding{}.decode(torch::tensor({{0.0f, 0.0f, 50.0f, 0.0f}}), reference);
  EXPECT_NEAR((box[0][0][2] - box[0][0][0]).item<double>(), 1000, 0.1);
}

TEST(CornerBoxes, CentresAndCornersAreTheSameBoxes) {
  const auto corners = torch::tensor({{10.0f, 20.0f, 14.0f, 30.0f}});
  const auto centres = centres_from_corners(corners);
  EXPECT_TRUE(centres.equal(torch::tensor({{12.0f, 25.0f, 10.0f, 4.0f}})));
  EXPECT_TRUE(corners_from_centres(centres).equal(corners));
}

TEST(CornerBoxes, OfMasksAreTight) {
  auto masks = torch::zeros({2, 10, 12});
  masks[0].slice(0, 2, 5).slice(1, 3, 11) = 1;
  masks[1][9][0] = 1;
  EXPECT_TRUE(
      corners_of_masks(masks).equal(torch::tensor({{3.0f, 2.0f, 11.0f, 5.0f}, {0.0f, 9.0f, 1.0f, 10.0f}})));
  EXPECT_EQ(corners_of_masks(masks.slice(0, 0, 0)).sizes(), (torch::IntArrayRef{0, 4}));
}

TEST(CornerBoxes, AreClippedToTheImage) {
  const auto clipped = clip_corners(torch::tensor({{-5.0f, -6.0f, 40.0f, 50.0f}}), {20, 30});
  EXPECT_TRUE(clipped.equal(torch::tensor({{0.0f, 0.0f, 30.0f, 20.0f}})));
}

TEST(BoxNms, AgreesWithASlowLoop) {
  torch::manual_seed(3);
  const auto corners = random_corners(80), scores = torch::rand({80});
  const auto groups = torch::randint(0, 2, {80}, torch::kInt64);
  std::vector<int64_t> expected;
  for (const int64_t i : list(scores.argsort(0, true))) {
    bool is_kept = true;
    for (const int64_t better : expected)
      is_kept &= groups[better].item<int64_t>() != groups[i].item<int64_t>() ||
                 iou_of(corners[better], corners[i]) <= 0.4;
    if (is_kept) expected.push_back(i);
  }
  EXPECT_EQ(list(box_nms(corners, scores, groups, 0.4)), expected);
}

TEST(BoxNms, OfEqualScoresTheFirstIsKept) {
  const auto corners = torch::tensor({{0.0f, 0.0f, 9.0f, 9.0f}}).repeat({3, 1});
  EXPECT_THAT(list(box_nms(corners, torch::ones({3}), torch::zeros({3}, torch::kInt64), 0.5)),
              ElementsAre(0));
}

TEST(BoxNms, OfNoBoxesKeepsNone) {
  EXPECT_EQ(box_nms(torch::zeros({0, 4}), torch::zeros({0}), torch::zeros({0}, torch::kInt64), 0.5).size(0),
            0);
}

TEST(BoxNms, WrongInputIsAnError) {
  const auto corners = random_corners(3);
  EXPECT_THAT(
      error_message([&] { box_nms(corners, torch::rand({2}), torch::zeros({3}, torch::kInt64), 0.5); }),
      HasSubstr("scores has shape [2], expected [3]"));
  EXPECT_THAT(error_message([&] { box_nms(corners, torch::rand({3}), torch::zeros({3}), 0.5); }),
              HasSubstr("groups Long"));
}

TEST(Matching, FollowsTheLimits) {
  const auto ious = torch::tensor({{0.8f, 0.2f, 0.5f, 0.1f}, {0.1f, 0.25f, 0.3f, 0.72f}});
  EXPECT_THAT(list(match_boxes(ious, {0.7, 0.3, false})), ElementsAre(0, kBackground, kLeftOut, 1));
}

TEST(Matching, KeepsTheBestBoxesOfEveryObject) {
  const auto ious = torch::tensor({{0.8f, 0.2f, 0.1f, 0.1f}, {0.1f, 0.25f, 0.2f, 0.25f}});
  EXPECT_THAT(list(match_boxes(ious, {0.7, 0.3, true})), ElementsAre(0, 1, kBackground, 1));
}

TEST(Matching, WithoutObjectsAllIsBackground) {
  EXPECT_THAT(list(match_boxes(torch::zeros({0, 2}), {0.7, 0.3, true})),
              ElementsAre(kBackground, kBackground));
}

TEST(Sampling, DrawsTheRightNumbersWithoutRepetition) {
  auto generator = torch_generator(7);
  const auto is_positive = torch::arange(100) < 30;
  const auto sampled = sample_boxes(is_positive, is_positive.logical_not(), 40, 0.25, generator);
  EXPECT_EQ(sampled.positive.size(0), 10);
  EXPECT_EQ(sampled.negative.size(0), 30);
  const auto negative = list(sampled.negative);
  EXPECT_EQ(std::set<int64_t>(negative.begin(), negative.end()).size(), 30u);
  EXPECT_LT(sampled.positive.max().item<int64_t>(), 30);
  EXPECT_GE(sampled.negative.min().item<int64_t>(), 30);
}

TEST(Sampling, NegativesMakeUpForMissingPositives) {
  const auto is_positive = torch::arange(100) < 3;
  auto generator = torch_generator(1);
  EXPECT_EQ(sample_boxes(is_positive, is_positive.logical_not(), 40, 0.5, generator).negative.size(0), 37);
}

TEST(Anchors, StandAtEveryPlaceWithEveryRatio) {
  const auto anchors = make_anchors({{16, 32}, {1, 4}}, {{2, 3}, {1, 2}}, {16, 24});
  ASSERT_EQ(anchors.size(), 2u);
  EXPECT_EQ(anchors[0].sizes(), (torch::IntArrayRef{12, 4}));
  EXPECT_TRUE(anchors[0][0].equal(torch::tensor({-8.0f, -8.0f, 8.0f, 8.0f})));
  EXPECT_TRUE(anchors[0][1].equal(torch::tensor({-4.0f, -16.0f, 4.0f, 16.0f})));
  EXPECT_TRUE(anchors[0][2].equal(torch::tensor({0.0f, -8.0f, 16.0f, 8.0f})));
  EXPECT_TRUE(anchors[0][6].equal(torch::tensor({-8.0f, 0.0f, 8.0f, 16.0f})));
  EXPECT_TRUE(anchors[1][2].equal(torch::tensor({-4.0f, -16.0f, 28.0f, 16.0f})));
}

TEST(Anchors, CoverTheRangeOfSizesInStepsOfAnOctaveAtMost) {
  const auto anchors = anchors_for(16, 64, 8);
  ASSERT_EQ(anchors.sides.size(), 2u);
  EXPECT_NEAR(anchors.sides[0], 16 * std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(anchors.sides[1], 32 * std::sqrt(2.0), 1e-9);
  EXPECT_THAT(anchors.ratios, ElementsAre(DoubleNear(0.25, 1e-9), 1, DoubleNear(4, 1e-9)));
  EXPECT_EQ(anchors_for(30, 30, 3).sides.size(), 1u);
  EXPECT_EQ(anchors_for(2, 10000, 3).sides.size(), 5u);
}

TEST(Anchors, WrongOptionsAreErrors) {
  EXPECT_THAT(error_message([] {
                check_options(AnchorOptions({{}, {1}}), "anchors.");
              }),
              HasSubstr("anchors.sides"));
  EXPECT_THAT(error_message([] {
                check_options(AnchorOptions({{8}, {0}}), "anchors.");
              }),
              HasSubstr("anchors.ratios"));
  EXPECT_THAT(error_message([] {
                make_anchors({{8}, {1}}, {{1, 1}, {1, 1}}, {8, 8});
              }),
              HasSubstr("expected one side a map"));
}

TEST(PoolRegions, ReadsEachRegionFromTheLevelOfItsSizeInTheGivenOrder) {
  std::vector<torch::Tensor> features;
  for (int64_t level = 2; level <= 5; ++level)
    features.push_back(torch::full({2, 1, 512 >> level, 512 >> level}, static_cast<float>(level)));
  features[0][1] += 100;
  const auto square = [](float side) { return torch::tensor({{100.0f, 100.0f, 100 + side, 100 + side}}); };
  const auto pooled = pool_regions(
      features, {torch::cat({square(225), square(20), square(400)}), torch::cat({square(120), square(20)})},
      2, false);
  const auto means = pooled.flatten(1).mean(1);
  EXPECT_TRUE(means.equal(torch::tensor({4.0f, 2.0f, 4.0f, 3.0f, 102.0f})));
}

}  // namespace
}  // namespace priorseg
