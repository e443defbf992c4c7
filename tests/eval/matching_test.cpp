#include "priorseg/eval/matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "priorseg/core/error.h"
#include "tiny_maps.h"

namespace priorseg {
namespace {

using test::label_map;

struct Choice {
  int64_t pairs = 0;
  double iou = 0;
};

/// Tries every one-to-one choice of pairs.
Choice best_choice_by_trial(const LabelOverlaps& overlaps, double threshold) {
  std::vector<LabelOverlaps::Pair> allowed;
  for (const auto& pair : overlaps.pairs) {
    if (overlaps.iou(pair) >= threshold - kIouTolerance) allowed.push_back(pair);
  }
  Choice best;
  std::set<int64_t> used_truth, used_predicted;
  const std::function<void(size_t, Choice)> extend = [&](size_t from, Choice choice) {
    if (std::pair(choice.pairs, choice.iou) > std::pair(best.pairs, best.iou)) best = choice;
    for (size_t i = from; i < allowed.size(); ++i) {
      if (used_truth.contains(allowed[i].truth) || used_predicted.contains(allowed[i].predicted)) continue;
      used_truth.insert(allowed[i].truth);
      used_predicted.insert(allowed[i].predicted);
      extend(i + 1, {choice.pairs + 1, choice.iou + overlaps.iou(allowed[i])});
      used_truth.erase(allowed[i].truth);
      used_predicted.erase(allowed[i].predicted);
    }
  };
  extend(0, {});
  return best;
}

LabelOverlaps random_overlaps(Random& random) {
  const auto truth = test::random_labels(random, 7, 7, 8), predicted = test::random_labels(random, 7, 7, 8);
  return count_overlaps(truth, predicted);
}

TEST(MatchObjects, IsTheBestOfAllOneToOneChoices) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    const auto overlaps = random_overlaps(random);
    for (const double threshold : {1e-6, 0.1, 0.2, 0.3, 0.5, 0.7}) {
      const auto matches = match_objects(overlaps, threshold);
      std::set<int64_t> truth, predicted;
      double iou = 0;
      for (const auto& match : matches) {
        EXPECT_TRUE(truth.insert(match.truth).second);
        EXPECT_TRUE(predicted.insert(match.predicted).second);
        EXPECT_GE(match.iou, threshold - kIouTolerance);
        iou += match.iou;
      }
      const Choice best = best_choice_by_trial(overlaps, threshold);
      EXPECT_EQ(std::ssize(matches), best.pairs);
      EXPECT_NEAR(iou, best.iou, 1e-9);
    }
  }
}

TEST(MatchDrops, GiveTheGreatestNumberOfPairsAtEveryThreshold) {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    const auto overlaps = random_overlaps(random);
    const auto drops = match_drops(overlaps);
    EXPECT_TRUE(std::is_sorted(drops.rbegin(), drops.rend()));
    for (const double threshold : {1e-6, 0.1, 0.2, 0.25, 0.3, 1.0 / 3, 0.5, 0.6, 0.75, 1.0}) {
      const auto count = std::count_if(drops.begin(), drops.end(),
                                       [&](double iou) { return iou >= threshold - kIouTolerance; });
      EXPECT_EQ(count, best_choice_by_trial(overlaps, threshold).pairs);
    }
  }
}

TEST(MatchObjects, PrefersTwoPairsToOneBetterPair) {
  // Truth 1 overlaps prediction 1 with IoU 4/7 and prediction 2 with 2/6; truth 2 overlaps only prediction 1.
  const auto overlaps = count_overlaps(label_map({"1111112"}), label_map({"2.11111"}));
  ASSERT_EQ(overlaps.pairs.size(), 3u);
  const auto matches = match_objects(overlaps, 0.1);
  ASSERT_EQ(matches.size(), 2u);
  EXPECT_EQ(matches[0].predicted, 1);
  EXPECT_EQ(matches[1].predicted, 0);
  EXPECT_EQ(match_objects(overlaps, 0.3).size(), 1u);
}

TEST(MatchObjects, CountsAnIouExactlyAtTheThreshold) {
  const auto half = count_overlaps(label_map({"1111"}), label_map({"11.."}));
  EXPECT_EQ(match_objects(half, 0.5).size(), 1u);
  EXPECT_EQ(match_objects(half, 0.51).size(), 0u);
  const auto three_tenths = count_overlaps(label_map({"1111111111"}), label_map({"111......."}));
  EXPECT_EQ(match_objects(three_tenths, 0.3).size(), 1u);
  // 0.1 + 0.2 is a little above 0.3 as a double.
  EXPECT_EQ(match_objects(three_tenths, 0.1 + 0.2).size(), 1u);
}

TEST(MatchObjects, CountsAnObjectSplitInEqualHalvesOnce) {
  const auto overlaps = count_overlaps(label_map({"1111"}), label_map({"1122"}));
  EXPECT_EQ(match_objects(overlaps, 0.5).size(), 1u);
  EXPECT_EQ(match_drops(overlaps).size(), 1u);
}

TEST(MatchObjects, MatchesNothingInEmptyMaps) {
  const auto empty = label_map({"...."}), full = label_map({"1122"});
  EXPECT_TRUE(match_objects(count_overlaps(empty, empty), 0.5).empty());
  EXPECT_TRUE(match_objects(count_overlaps(full, empty), 0.5).empty());
  EXPECT_TRUE(match_drops(count_overlaps(empty, full)).empty());
}

TEST(MatchObjects, RefusesThresholdsThatAreNoIou) {
  const auto overlaps = count_overlaps(label_map({"1"}), label_map({"1"}));
  for (const double threshold : {0.0, -0.5, 1.01, std::nan("")})
    EXPECT_THROW(match_objects(overlaps, threshold), Error);
  EXPECT_EQ(match_objects(overlaps, 1.0).size(), 1u);
}

TEST(MatchObjects, KeepsUpWithThousandsOfTouchingObjects) {
  // A tiling without background against itself shifted by half a tile: one connected graph of 10,000 + 10,000
  // objects.
  const int64_t tiles = 64, side = 4;
  const auto index = torch::arange(tiles * side, torch::kInt32).floor_divide(side);
  const auto truth = (index.unsqueeze(1) * tiles + index.unsqueeze(0) + 1).to(torch::kInt32);
  const auto overlaps = count_overlaps(truth, truth.roll({2, 2}, {0, 1}));
  EXPECT_EQ(overlaps.num_truth(), tiles * tiles);
  EXPECT_EQ(match_drops(overlaps).size(), static_cast<size_t>(tiles * tiles));
  EXPECT_EQ(match_objects(overlaps, 0.1).size(), static_cast<size_t>(tiles * tiles));
}

}  // namespace
}  // namespace priorseg
