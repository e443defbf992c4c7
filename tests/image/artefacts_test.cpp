#include "priorseg/image/artefacts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "priorseg/image/intensity.h"
#include "support/artefact_scene.h"

namespace priorseg {
namespace {

using test::draw_letters;
using test::draw_scene;
using testing::HasSubstr;

constexpr double kFullScale = 65535;

int64_t count_of(const torch::Tensor& kinds, ArtefactKind kind) {
  return count_artefacts(kinds)[static_cast<size_t>(kind)];
}

/// The share of a region that was found, and that nothing far from it was.
void expect_found(const torch::Tensor& grey, const torch::Tensor& region, ArtefactKind kind,
                  double least = 0.99) {
  const auto kinds = find_artefacts(grey);
  const auto found = kinds.eq(static_cast<int>(kind));
  EXPECT_GE((found & region).sum().item<double>(), least * region.sum().item<double>());
  const auto near =
      torch::max_pool2d(region.to(torch::kFloat32).unsqueeze(0).unsqueeze(0), 9, 1, 4).view(grey.sizes());
  EXPECT_EQ((kinds.ne(0) & near.eq(0)).sum().item<int64_t>(), 0);
}

TEST(FindArtefacts, FindsNoneWhereThereAreNone) {
  for (const uint64_t seed : {1, 2, 3}) {
    const auto scene = draw_scene(seed);
    EXPECT_EQ(find_artefacts(scene).sum().item<int64_t>(), 0);
    EXPECT_EQ(find_artefacts(scene.clamp_max(300)).sum().item<int64_t>(), 0) << "saturated objects";
    EXPECT_EQ(find_artefacts((scene - 155).clamp_min(0)).sum().item<int64_t>(), 0) << "a clipped background";
    EXPECT_EQ(find_artefacts((scene / 20).round()).sum().item<int64_t>(), 0) << "few grey values";
    EXPECT_EQ(find_artefacts(1000 - scene).sum().item<int64_t>(), 0) << "dark objects";
  }
  EXPECT_EQ(find_artefacts(torch::full({40, 50}, 7.0)).sum().item<int64_t>(), 0);
  EXPECT_EQ(find_artefacts(torch::zeros({0, 5})).numel(), 0);
  EXPECT_EQ(find_artefacts(torch::rand({1, 1})).sum().item<int64_t>(), 0);
  EXPECT_EQ(find_artefacts(torch::rand({3, 200})).sum().item<int64_t>(), 0);
}

TEST(FindArtefacts, FindsColumnsAndRowsOfTheCamera) {
  for (const double value : {0.0, 50.0, kFullScale}) {
    Random random(static_cast<uint64_t>(value) + 1);
    auto grey = draw_scene(4);
    auto region = torch::zeros(grey.sizes(), torch::kBool);
    const int64_t x = random.integer(10, 340), y = random.integer(10, 280);
    grey.slice(1, x, x + 2).fill_(value);
    grey.slice(0, y, y + 1).fill_(value);
    region.slice(1, x, x + 2).fill_(true);
    region.slice(0, y, y + 1).fill_(true);
    expect_found(grey, region, ArtefactKind::kLine);
  }
}

TEST(FindArtefacts, FindsAColumnThatIsDeadFromTheMiddleOn) {
  auto grey = draw_scene(5);
  auto region = torch::zeros(grey.sizes(), torch::kBool);
  grey.slice(0, 150).slice(1, 77, 78).fill_(0);
  region.slice(0, 150).slice(1, 77, 78).fill_(true);
  expect_found(grey, region, ArtefactKind::kLine);
}

TEST(FindArtefacts, FindsHotPixels) {
  for (const double share : {0.001, 0.01}) {
    auto grey = draw_scene(6);
    const auto region = torch::rand(grey.sizes()) < share;
    grey.masked_fill_(region, kFullScale);
    expect_found(grey, region, ArtefactKind::kSpeck, 0.98);
  }
}

TEST(FindArtefacts, FindsABarAndTheLettersBesideIt) {
  for (const double value : {0.0, kFullScale}) {
    auto grey = draw_scene(7);
    auto drawn = torch::zeros(grey.sizes());
    drawn.slice(0, 280, 286).slice(1, 240, 330).fill_(1);
    draw_letters(drawn, 262, 270, 1);
    grey.masked_fill_(drawn.gt(0), value);
    expect_found(grey, drawn.gt(0), ArtefactKind::kMark);
  }
}

TEST(FindArtefacts, FindsLettersWithoutABar) {
  auto grey = draw_scene(8);
  auto drawn = torch::zeros(grey.sizes());
  draw_letters(drawn, 12, 15, 1);
  grey.masked_fill_(drawn.gt(0), kFullScale);
  expect_found(grey, drawn.gt(0), ArtefactKind::kMark);
}

TEST(FindArtefacts, FindsPaddingOfAnyValueAndShape) {
  const auto y = torch::arange(test::kSceneHeight, torch::kFloat32).view({-1, 1}),
             x = torch::arange(test::kSceneWidth, torch::kFloat32).view({1, -1});
  const std::vector<torch::Tensor> shapes = {(x < 90) | ((y > 240) & (x < 200)),  // a stitched field
                                             x + 0.3 *
                                                     y<100,  // a turned image
                                                       (x - 180).square() + (y - 150).square()> 148.0 *
                                                     148.0,  // a round field of view
                                             (x < 12) | (x >= 350) | (y < 20) | (y >= 290)};  // a frame
  for (const auto& shape : shapes)
    for (const double value : {0.0, 37.0, kFullScale})
      expect_found(draw_scene(9).masked_fill(shape, value), shape, ArtefactKind::kPadding, 0.97);
}

TEST(FindArtefacts, FindsWhatIsNotANumber) {
  auto grey = draw_scene(10);
  auto region = torch::rand(grey.sizes()) < 0.01;
  region.slice(0, 0, 60).fill_(true);
  expect_found(grey.masked_fill(region, std::numeric_limits<float>::quiet_NaN()), region,
               ArtefactKind::kNonFinite, 1);
  expect_found(grey.masked_fill(region, std::numeric_limits<float>::infinity()), region,
               ArtefactKind::kNonFinite, 1);
  EXPECT_EQ(count_of(find_artefacts(torch::full({5, 6}, NAN)), ArtefactKind::kNonFinite), 30);
}

TEST(FillArtefacts, KeepsAnObjectThatALineOrSpecksCross) {
  const auto scene = draw_scene(11);
  auto grey = scene.clone();
  grey.slice(1, 24, 26).fill_(0);
  grey.masked_fill_(torch::rand(grey.sizes()) < 0.005, kFullScale);
  const auto filled = fill_artefacts(grey, find_artefacts(grey));
  EXPECT_LT((filled.grey - scene).abs().max().item<double>(), 350);
  EXPECT_LT((filled.grey - scene).abs().mean().item<double>(), 1);
  EXPECT_FALSE(filled.blank.any().item<bool>());
}

TEST(FillArtefacts, FillsAreasWithBackgroundAndCallsThemBlank) {
  auto grey = draw_scene(12);
  grey.slice(1, 0, 100).fill_(kFullScale);
  const auto filled = fill_artefacts(grey, find_artefacts(grey));
  EXPECT_TRUE(filled.blank.slice(1, 0, 100).all().item<bool>());
  EXPECT_FALSE(filled.blank.slice(1, 102).any().item<bool>());
  EXPECT_NEAR(filled.grey[150][40].item<double>(), test::kSceneBackground, 4 * test::kSceneNoise);
}

TEST(FillArtefacts, LeavesAnImageWithoutArtefactsAsItIs) {
  const auto grey = draw_scene(13);
  EXPECT_TRUE(fill_artefacts(grey, find_artefacts(grey)).grey.equal(grey));
}

TEST(FillArtefacts, OfNothingButArtefactsIsZero) {
  const auto filled = fill_artefacts(torch::full({9, 12}, NAN), torch::full({9, 12}, 5, torch::kUInt8));
  EXPECT_TRUE(filled.grey.eq(0).all().item<bool>());
}

TEST(DescribeArtefacts, TellsTheShareOfEachKind) {
  ArtefactCounts counts{};
  EXPECT_EQ(describe_artefacts(counts, 1000), "");
  counts[static_cast<size_t>(ArtefactKind::kPadding)] = 31;
  counts[static_cast<size_t>(ArtefactKind::kLine)] = 2;
  EXPECT_EQ(describe_artefacts(counts, 1000), "3.1 % padding, 0.2 % lines of the camera");
  EXPECT_THAT(describe_artefacts(counts, 1'000'000'000), HasSubstr("under 0.01 % padding"));
}

}  // namespace
}  // namespace priorseg
