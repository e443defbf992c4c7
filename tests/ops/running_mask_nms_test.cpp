#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "operator_cases.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {
namespace {

using testing::ElementsAre;

struct Scene {
  std::vector<ObjectPixels> objects;
  std::vector<float> scores;
};

/// Speckled rectangles, many of which overlap, some without a pixel; scores with ties.
Scene draw_scene(int seed, int64_t height) {
  std::mt19937 random(static_cast<unsigned>(seed));
  const auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  Scene scene;
  for (int i = 0; i < 150; ++i) {
    ObjectPixels object{draw(0, 40), draw(0, height - 1), draw(1, 14), draw(1, 14), 0, {}};
    object.height = std::min(object.height, height - object.y0);
    for (int64_t p = 0; p < object.height * object.width; ++p) object.bits.push_back(draw(0, 3) > 0);
    object.area = std::count(object.bits.begin(), object.bits.end(), 1);
    scene.objects.push_back(object);
    scene.scores.push_back(static_cast<float>(draw(0, 60)) / 60);
  }
  // Candidates come in from top to bottom.
  std::sort(scene.objects.begin(), scene.objects.end(),
            [](const auto& a, const auto& b) { return a.y0 + a.height / 2 < b.y0 + b.height / 2; });
  return scene;
}

class RunningMaskNmsRules : public testing::TestWithParam<NmsRule> {};
INSTANTIATE_TEST_SUITE_P(RunningMaskNms, RunningMaskNmsRules,
                         testing::Values(NmsRule::kPaper, NmsRule::kGreedy),
                         [](const auto& info) { return info.param == NmsRule::kPaper ? "Paper" : "Greedy"; });

TEST_P(RunningMaskNmsRules, KeepsWhatMaskNmsKeepsWhateverTheBands) {
  for (int seed = 0; seed < 12; ++seed) {
    const auto scene = draw_scene(seed, 120);
    auto expected = mask_nms(scene.objects, scene.scores, 0.1, GetParam());
    std::sort(expected.begin(), expected.end());
    for (const int64_t band : {1, 5, 17, 40, 200}) {
      RunningMaskNms running(0.1, GetParam());
      std::vector<int64_t> kept;
      size_t next = 0;
      for (int64_t first = 0; first < 120; first += band) {
        std::vector<ObjectPixels> objects;
        std::vector<float> scores;
        for (; next < scene.objects.size(); ++next) {
          const auto& object = scene.objects[next];
          if (object.y0 + object.height / 2 >= first + band) break;
          objects.push_back(object);
          scores.push_back(scene.scores[next]);
        }
        const bool last = first + band >= 120;
        // Later objects reach at most 7 rows above their centre.
        for (auto& object :
             running.add(objects, scores, last ? RunningMaskNms::kAllRows : first + band - 7)) {
          EXPECT_EQ(object.object.bits, scene.objects[static_cast<size_t>(object.index)].bits);
          kept.push_back(object.index);
        }
      }
      EXPECT_EQ(running.first_unsettled_row(), RunningMaskNms::kAllRows);
      std::sort(kept.begin(), kept.end());
      ASSERT_EQ(kept, expected) << "seed " << seed << ", bands of " << band;
    }
  }
}

ObjectPixels block(int64_t y0, int64_t height) {
  return {0, y0, height, 10, height * 10, std::vector<uint8_t>(static_cast<size_t>(height) * 10, 1)};
}

std::vector<int64_t> indices(const std::vector<RunningMaskNms::Kept>& kept) {
  std::vector<int64_t> result;
  for (const auto& object : kept) result.push_back(object.index);
  return result;
}

TEST(RunningMaskNms, WaitsForBetterObjectsThatShareAPixelAndSettlesInTheirOrder) {
  RunningMaskNms running(0.1, NmsRule::kGreedy);
  // 0 shares one row of pixels with the better 1, which reaches into rows where others may come.
  EXPECT_THAT(indices(running.add({block(0, 20), block(19, 20)}, {0.3f, 0.9f}, 30)), ElementsAre());
  EXPECT_EQ(running.first_unsettled_row(), 0);
  // The best suppresses 1, and so 0 is judged without it.
  EXPECT_THAT(indices(running.add({block(32, 20)}, {0.95f}, 60)), ElementsAre(2, 0));
}

TEST(RunningMaskNms, HoldsOnlyWhatIsNotSettled) {
  RunningMaskNms running(0.1, NmsRule::kGreedy);
  EXPECT_THAT(indices(running.add({block(0, 10), block(50, 10)}, {0.5f, 0.6f}, 40)), ElementsAre(0));
  EXPECT_EQ(running.first_unsettled_row(), 50);
  EXPECT_EQ(running.first_unsettled_index(), 1);
}

}  // namespace
}  // namespace priorseg
