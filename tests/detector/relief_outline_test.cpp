#include "priorseg/detector/relief_outline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace priorseg {
namespace {

constexpr int64_t kReliefSide = 80;

struct ReliefScene {
  OutlineWindow window{kReliefSide, kReliefSide, std::vector<float>(kReliefSide* kReliefSide), {}, {}};
  std::vector<int32_t> owners = std::vector<int32_t>(kReliefSide * kReliefSide);

  void draw(int64_t top, int64_t left, int64_t side, float grey) {
    for (int64_t y = top; y < top + side; ++y)
      for (int64_t x = left; x < left + side; ++x)
        window.grey[static_cast<size_t>(y * kReliefSide + x)] = grey;
  }
  /// Rows [first, last) of a cell of 30 px whose top left corner is (top, left).
  void cover(int64_t top, int64_t left, int64_t first, int64_t last, int32_t owner) {
    for (int64_t y = top + first; y < top + last; ++y)
      for (int64_t x = left; x < left + 30; ++x) owners[static_cast<size_t>(y * kReliefSide + x)] = owner;
  }
  std::vector<int64_t> areas(int32_t owner) const {
    std::vector<int64_t> result;
    for (const auto& cell : cells_of_relief(window, owners, owner))
      result.push_back(std::count(cell.begin(), cell.end(), 1));
    return result;
  }
};

TEST(CellsOfRelief, AreWholeWhereAnObjectCoversEnough) {
  ReliefScene scene;
  scene.draw(5, 5, 30, 0.9F);
  scene.cover(5, 5, 0, 10, 7);  // 1/3
  EXPECT_EQ(scene.areas(7), std::vector<int64_t>{900});
  scene.cover(5, 5, 9, 10, 0);  // .3, not more
  EXPECT_TRUE(scene.areas(7).empty());
}

TEST(CellsOfRelief, BelongToTheObjectThatCoversMost) {
  ReliefScene scene;
  scene.draw(5, 5, 30, 0.9F);
  scene.cover(5, 5, 0, 12, 1);
  scene.cover(5, 5, 12, 30, 2);
  EXPECT_TRUE(scene.areas(1).empty());
  EXPECT_EQ(scene.areas(2), std::vector<int64_t>{900});
  scene.cover(5, 5, 12, 15, 1);  // as much as the other: the better one, with the lower number
  EXPECT_EQ(scene.areas(1), std::vector<int64_t>{900});
  EXPECT_TRUE(scene.areas(2).empty());
}

TEST(CellsOfRelief, AreSeveralWhereOneObjectLiesOnTwo) {
  ReliefScene scene;
  scene.draw(0, 5, 30, 0.9F);
  scene.draw(32, 5, 30, 0.6F);
  scene.cover(0, 5, 10, 60, 3);  // the gap between them, too
  EXPECT_EQ(scene.areas(3), (std::vector<int64_t>{900, 900}));
}

TEST(CellsOfRelief, AreNeitherSmallPartsNorFaintOrUnknownPixels) {
  ReliefScene scene;
  scene.draw(5, 5, 17, 0.9F);  // 289 px, of a disk of 20 px 314
  scene.cover(5, 5, 0, 17, 1);
  EXPECT_TRUE(scene.areas(1).empty());
  scene.draw(5, 5, 30, 0.5F);
  EXPECT_TRUE(scene.areas(1).empty());
  scene.draw(5, 5, 30, 0.51F);
  scene.draw(5, 5, 2, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(scene.areas(1), std::vector<int64_t>{896});
}

}  // namespace
}  // namespace priorseg
