#include "priorseg/ops/mask_nms.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>
#include <set>

#include "operator_cases.h"

namespace priorseg {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ObjectPixels rectangle(int64_t x0, int64_t y0, int64_t height, int64_t width) {
  return {x0, y0, height, width, height * width, std::vector<uint8_t>(height * width, 1)};
}

/// The rule in words, over all pairs and sets of pixels.
std::vector<int64_t> nms_by_definition(const std::vector<ObjectPixels>& objects,
                                       const std::vector<float>& scores, double max_overlap, NmsRule rule) {
  const auto n = static_cast<int64_t>(objects.size());
  std::vector<std::set<std::pair<int64_t, int64_t>>> pixels(n);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t y = 0; y < objects[i].height; ++y)
      for (int64_t x = 0; x < objects[i].width; ++x)
        if (objects[i].bits[y * objects[i].width + x])
          pixels[i].insert({objects[i].y0 + y, objects[i].x0 + x});
  const auto covers = [&](int64_t j, int64_t i) {
    const auto common =
        std::count_if(pixels[i].begin(), pixels[i].end(), [&](auto p) { return pixels[j].count(p); });
    return static_cast<double>(common) / static_cast<double>(pixels[i].size()) > max_overlap;
  };
  const auto is_better = [&](int64_t j, int64_t i) {
    return scores[j] > scores[i] || (scores[j] == scores[i] && j < i);
  };
  std::vector<int64_t> order(n), kept;
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  std::sort(order.begin(), order.end(), is_better);
  for (const int64_t i : order) {
    bool keep = !pixels[i].empty();
    for (int64_t j = 0; j < n && keep; ++j) {
      const bool takes_part = rule == NmsRule::kPaper || std::count(kept.begin(), kept.end(), j) > 0;
      keep = !(j != i && takes_part && is_better(j, i) && covers(j, i));
    }
    if (keep) kept.push_back(i);
  }
  return kept;
}

class MaskNmsRules : public testing::TestWithParam<NmsRule> {};
INSTANTIATE_TEST_SUITE_P(MaskNms, MaskNmsRules, testing::Values(NmsRule::kPaper, NmsRule::kGreedy),
                         [](const auto& info) { return info.param == NmsRule::kPaper ? "Paper" : "Greedy"; });

TEST_P(MaskNmsRules, FollowsTheDefinitionOnRandomObjects) {
  std::mt19937 random(4);
  const auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<ObjectPixels> objects;
    std::vector<float> scores;
    for (int i = 0; i < 30; ++i) {
      auto object = rectangle(draw(0, 40), draw(0, 40), draw(1, 14), draw(1, 14));
      for (auto& bit : object.bits) bit = draw(0, 9) > 2;
      object.area = std::count(object.bits.begin(), object.bits.end(), 1);
      objects.push_back(object);
      scores.push_back(static_cast<float>(draw(0, 10)) / 10.0f);
    }
    for (const double overlap : {0.0, 0.1, 0.5, 1.0}) {
      EXPECT_EQ(mask_nms(objects, scores, overlap, GetParam()),
                nms_by_definition(objects, scores, overlap, GetParam()))
          << "trial " << trial << ", overlap " << overlap;
    }
  }
}

TEST_P(MaskNmsRules, KeepsAnObjectCoveredByExactlyTheLargestOverlap) {
  // 3 of its 30 pixels lie under the better one, then 4.
  const auto best = rectangle(0, 0, 10, 10);
  EXPECT_THAT(mask_nms({best, rectangle(9, 0, 3, 10)}, {0.9f, 0.5f}, 0.1, GetParam()), ElementsAre(0, 1));
  EXPECT_THAT(mask_nms({best, rectangle(8, 0, 2, 15)}, {0.9f, 0.5f}, 0.1, GetParam()), ElementsAre(0));
}

TEST_P(MaskNmsRules, MeasuresTheOverlapByTheOwnAreaOfTheWorseObject) {
  const auto large = rectangle(0, 0, 20, 20), small = rectangle(5, 5, 4, 4);
  EXPECT_THAT(mask_nms({large, small}, {0.9f, 0.5f}, 0.1, GetParam()), ElementsAre(0));
  // The small one covers 4 % of the large one only.
  EXPECT_THAT(mask_nms({large, small}, {0.5f, 0.9f}, 0.1, GetParam()), ElementsAre(1, 0));
}

TEST_P(MaskNmsRules, LowerIndexWinsAmongEqualScores) {
  const auto object = rectangle(3, 3, 5, 5);
  EXPECT_THAT(mask_nms({object, object, object}, {0.5f, 0.5f, 0.5f}, 0.1, GetParam()), ElementsAre(0));
}

TEST_P(MaskNmsRules, ReturnsTheBestScoreFirst) {
  const std::vector<ObjectPixels> apart{rectangle(0, 0, 2, 2), rectangle(10, 0, 2, 2),
                                        rectangle(0, 10, 2, 2)};
  EXPECT_THAT(mask_nms(apart, {0.2f, 0.9f, 0.5f}, 0.1, GetParam()), ElementsAre(1, 2, 0));
}

TEST_P(MaskNmsRules, ComparesPixelsAndNotBoundingBoxes) {
  auto upper = rectangle(0, 0, 2, 2), lower = rectangle(0, 0, 2, 2);
  upper.bits = {1, 1, 0, 0};
  lower.bits = {0, 0, 1, 1};
  upper.area = lower.area = 2;
  EXPECT_THAT(mask_nms({upper, lower}, {0.9f, 0.5f}, 0.0, GetParam()), ElementsAre(0, 1));
}

TEST_P(MaskNmsRules, NeverKeepsObjectsWithoutPixels) {
  EXPECT_THAT(mask_nms({ObjectPixels{}, rectangle(0, 0, 2, 2)}, {0.9f, 0.5f}, 0.1, GetParam()),
              ElementsAre(1));
  EXPECT_THAT(mask_nms({}, {}, 0.1, GetParam()), IsEmpty());
}

TEST_P(MaskNmsRules, ScoresThatAreNotNumbersLose) {
  const auto object = rectangle(3, 3, 5, 5);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(mask_nms({object, object}, {nan, 0.1f}, 0.1, GetParam()), ElementsAre(1));
}

TEST(MaskNms, RulesDifferOnAChain) {
  // A suppresses B, B suppresses C, A and C are apart: only the greedy rule forgets B.
  const std::vector<ObjectPixels> chain{rectangle(0, 0, 10, 10), rectangle(6, 0, 10, 10),
                                        rectangle(12, 0, 10, 10)};
  const std::vector<float> scores{0.9f, 0.8f, 0.7f};
  EXPECT_THAT(mask_nms(chain, scores, 0.1, NmsRule::kPaper), ElementsAre(0));
  EXPECT_THAT(mask_nms(chain, scores, 0.1, NmsRule::kGreedy), ElementsAre(0, 2));
}

TEST(MaskNms, DropsWhatBetterObjectsCoverTogether) {
  // Four members of a crowd, none of which covers much of it.
  const std::vector<ObjectPixels> crowd{rectangle(0, 0, 20, 20), rectangle(1, 1, 8, 8),
                                        rectangle(11, 1, 8, 8), rectangle(1, 11, 8, 8),
                                        rectangle(11, 11, 8, 8)};
  const std::vector<float> scores{0.5f, 0.9f, 0.8f, 0.7f, 0.6f};
  const auto kept = [&](double max_covered) {
    RunningMaskNms suppression(0.3, NmsRule::kGreedy, max_covered);
    std::vector<int64_t> indices;
    for (const auto& object : suppression.add(crowd, scores, RunningMaskNms::kAllRows))
      indices.push_back(object.index);
    return indices;
  };
  EXPECT_THAT(kept(0.6), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(kept(0.7), ElementsAre(1, 2, 3, 4, 0));
  EXPECT_THAT(mask_nms(crowd, scores, 0.3, NmsRule::kGreedy), ElementsAre(1, 2, 3, 4, 0));
}

TEST(MaskNms, NamesTheArgumentThatIsWrong) {
  EXPECT_EQ(error_message([] { mask_nms({ObjectPixels{}}, {}, 0.1, NmsRule::kPaper); }),
            "mask_nms got 1 objects and 0 scores, expected one score an object");
  EXPECT_EQ(error_message([] { mask_nms({}, {}, 1.5, NmsRule::kPaper); }),
            "the largest overlap is 1.500000, expected a share in 0 to 1");
}

}  // namespace
}  // namespace priorseg
