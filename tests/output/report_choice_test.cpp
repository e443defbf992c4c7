#include "priorseg/output/report_choice.h"

#include <gmock/gmock.h>

#include <cmath>

namespace priorseg {
namespace {

using testing::ElementsAre;

/// The images that are shown in the end; each of them must have been wanted when it came.
std::vector<int64_t> shown(PictureChoice& choice, const std::vector<double>& scores) {
  std::vector<bool> wanted;
  for (size_t i = 0; i < scores.size(); ++i)
    wanted.push_back(choice.may_be_shown(static_cast<int64_t>(i), scores[i]));
  std::vector<int64_t> images;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!choice.is_shown(static_cast<int64_t>(i))) continue;
    EXPECT_TRUE(wanted[i]) << i;
    images.push_back(static_cast<int64_t>(i));
  }
  return images;
}

TEST(PictureChoice, ShowsEveryImageOfAFew) {
  PictureChoice choice(3, 4);
  EXPECT_THAT(shown(choice, {0.5, std::nan(""), 0.9}), ElementsAre(0, 1, 2));
}

TEST(PictureChoice, ShowsHalfSpreadAndHalfOfTheLowestScores) {
  PictureChoice choice(8, 4);  // spread: 3 and 7
  EXPECT_THAT(shown(choice, {0.9, 0.8, 0.2, 0.1, 0.7, 0.3, std::nan(""), 0.95}), ElementsAre(2, 3, 5, 7));
}

TEST(PictureChoice, ShowsNoneWhereNoneAreAskedFor) {
  PictureChoice choice(5, 0);
  EXPECT_THAT(shown(choice, {0.1, 0.2, 0.3, 0.4, 0.5}), ElementsAre());
}

ObjectMeasurements object(int32_t label, double score) {
  ObjectMeasurements result;
  result.label = label;
  result.score = score;
  return result;
}

TEST(DoubtfulObjects, KeepsTheLowestScoresOfAllImages) {
  DoubtfulObjects doubtful;
  std::vector<ObjectMeasurements> many;
  for (int32_t label = 1; label <= 30; ++label) many.push_back(object(label, 0.9));
  doubtful.add("a.tif", many);
  doubtful.add("b.tif", {object(1, 0.5), object(2, std::nan("")), object(3, 0.2)});
  ASSERT_EQ(doubtful.lowest().size(), 20u);
  EXPECT_EQ(doubtful.lowest()[0].image, "b.tif");
  EXPECT_EQ(doubtful.lowest()[0].label, 3);
  EXPECT_EQ(doubtful.lowest()[1].label, 1);
  EXPECT_EQ(doubtful.lowest()[2].label, 1);
  EXPECT_EQ(doubtful.lowest()[2].image, "a.tif");
}

TEST(DoubtfulObjects, GoByQualityWhereItIsKnown) {
  auto good = object(1, 0.3), bad = object(2, 0.9);
  good.quality = 0.95;
  bad.quality = 0.15;
  DoubtfulObjects doubtful;
  doubtful.add("a.tif", {good, bad});
  ASSERT_EQ(doubtful.lowest().size(), 2u);
  EXPECT_EQ(doubtful.lowest()[0].label, 2);
  EXPECT_EQ(doubtful.lowest()[0].value, 0.15);
  EXPECT_TRUE(doubtful.lowest()[0].is_quality);
}

TEST(MeanQuality, IsUnknownWhereItIsNotKnownOfAll) {
  auto known = object(1, 0.2);
  known.quality = 0.7;
  EXPECT_TRUE(std::isnan(mean_quality({})));
  EXPECT_EQ(mean_quality({known}), 0.7);
  EXPECT_TRUE(std::isnan(mean_quality({known, object(2, 0.2)})));
}

TEST(MeanScore, IsUnknownWithoutObjects) {
  EXPECT_TRUE(std::isnan(mean_score({})));
  EXPECT_NEAR(mean_score({object(1, 0.2), object(2, 0.6)}), 0.4, 1e-12);
}

}  // namespace
}  // namespace priorseg
