#include "priorseg/output/verdict.h"

#include <gmock/gmock.h>

#include <cmath>

namespace priorseg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a good result looks like.
ImageEvidence sound() {
  ImageEvidence evidence;
  evidence.mean_score = 0.75;
  evidence.standing_out = 0.2;
  evidence.explained = 0.93;
  evidence.supported = 0.95;
  evidence.agreement = 0.97;
  return evidence;
}

TEST(JudgeImage, IsGoodWhereNothingSpeaksAgainstIt) {
  const auto verdict = judge_image(40, sound());
  EXPECT_EQ(verdict.trust, Trust::kGood);
  EXPECT_THAT(verdict.reasons, IsEmpty());
}

TEST(JudgeImage, IsToBeLookedAtWhereAnyFigureIsLow) {
  for (const auto figure : {&ImageEvidence::mean_score, &ImageEvidence::explained, &ImageEvidence::supported,
                            &ImageEvidence::agreement}) {
    auto evidence = sound();
    evidence.*figure = 0.45;
    EXPECT_EQ(judge_image(40, evidence).trust, Trust::kLook);
    EXPECT_EQ(judge_image(40, evidence).reasons.size(), 1u);
    evidence.*figure = std::nan("");
    EXPECT_EQ(judge_image(40, evidence).trust, Trust::kGood);
  }
}

TEST(JudgeImage, IsNotToBeTrustedWhereScoresAndImageAgree) {
  auto evidence = sound();
  evidence.mean_score = 0.45;
  evidence.explained = 0.3;
  const auto verdict = judge_image(40, evidence);
  EXPECT_EQ(verdict.trust, Trust::kDoNotTrust);
  EXPECT_THAT(verdict.reasons,
              ElementsAre("only 30 % of what stands out lies in an object", "the mean score is 0.45"))
      << "the weightiest first";
  evidence.explained = 0.6;
  EXPECT_EQ(judge_image(40, evidence).trust, Trust::kLook) << "both are a little low";
  evidence.mean_score = 0.3;
  EXPECT_EQ(judge_image(40, evidence).trust, Trust::kDoNotTrust);
  evidence.explained = 0.9;
  EXPECT_EQ(judge_image(40, evidence).trust, Trust::kLook) << "the image speaks for it";
  evidence.mean_score = 0.2;
  EXPECT_EQ(judge_image(40, evidence).trust, Trust::kDoNotTrust) << "hardly any score";
  evidence = sound();
  evidence.explained = evidence.agreement = 0.2;
  EXPECT_EQ(judge_image(40, evidence).trust, Trust::kDoNotTrust) << "high scores for pieces of objects";
}

TEST(JudgeImage, TellsTheOtherPolarity) {
  auto evidence = sound();
  evidence.is_inverted = true;
  EXPECT_EQ(judge_image(40, evidence).trust, Trust::kLook);
  evidence = sound();
  evidence.is_unexplained = evidence.looks_opposite = true;
  EXPECT_THAT(judge_image(3, evidence).reasons.at(0), HasSubstr("dark where bright"));
}

TEST(JudgeImage, NothingFoundIsGoodWhereNothingStandsOut) {
  auto evidence = ImageEvidence();
  evidence.standing_out = 0;
  EXPECT_EQ(judge_image(0, evidence).trust, Trust::kGood);
  evidence.standing_out = 0.2;
  EXPECT_EQ(judge_image(0, evidence).trust, Trust::kDoNotTrust);
  EXPECT_EQ(judge_image(0, ImageEvidence()).trust, Trust::kLook) << "a large image: not known";
}

/// As many images of each kind.
std::vector<JudgedImage> images(int good, int look, int bad) {
  std::vector<JudgedImage> all;
  for (int i = 0; i < good; ++i) all.push_back({"good.tif", 9, {Trust::kGood, {}}});
  for (int i = 0; i < look; ++i) all.push_back({"look.tif", 9, {Trust::kLook, {"why to look"}}});
  for (int i = 0; i < bad; ++i) all.push_back({"bad.tif", 9, {Trust::kDoNotTrust, {"why not"}}});
  return all;
}

TEST(JudgeSet, GoesByTheShareOfGoodAndBadImages) {
  EXPECT_EQ(judge_set(images(4, 0, 0), true).trust, Trust::kGood);
  EXPECT_EQ(judge_set(images(3, 1, 0), true).trust, Trust::kGood);
  EXPECT_EQ(judge_set(images(3, 0, 1), true).trust, Trust::kGood);
  EXPECT_EQ(judge_set(images(2, 2, 0), true).trust, Trust::kLook);
  EXPECT_EQ(judge_set(images(2, 0, 2), true).trust, Trust::kLook);
  EXPECT_EQ(judge_set(images(1, 0, 2), true).trust, Trust::kDoNotTrust);
  EXPECT_EQ(judge_set({}, true).trust, Trust::kGood);
}

TEST(JudgeSet, NamesTheWorstImages) {
  const auto verdict = judge_set(images(9, 1, 1), false);
  EXPECT_THAT(verdict.reasons,
              ElementsAre("1 of 11 images is to be looked at", "1 of 11 images is not to be trusted",
                          "bad.tif: why not", "look.tif: why to look"));
}

TEST(JudgeSet, NothingIsLearnedFromImagesInWhichNothingIsFound) {
  const std::vector<JudgedImage> empty = {{"a.tif", 0, {}}, {"b.tif", 0, {}}};
  EXPECT_EQ(judge_set(empty, false).trust, Trust::kLook);
  EXPECT_EQ(judge_set(empty, true).trust, Trust::kDoNotTrust);
}

}  // namespace
}  // namespace priorseg
