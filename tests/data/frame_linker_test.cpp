#include "priorseg/data/frame_linker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace test;

struct Block {
  int32_t label;
  int64_t y, x, height, width;
};

torch::Tensor map_with(const std::vector<Block>& blocks) {
  auto labels = torch::zeros({40, 60}, torch::kInt32);
  for (const auto& block : blocks)
    labels.slice(0, block.y, block.y + block.height)
        .slice(1, block.x, block.x + block.width)
        .fill_(block.label);
  return labels;
}

std::vector<std::string> tracks_of(const FrameLinker& linker) {
  std::vector<std::string> lines;
  for (const auto& track : linker.tracks())
    lines.push_back(std::to_string(track.number) + " " + std::to_string(track.first) + " " +
                    std::to_string(track.last) + " " + std::to_string(track.parent));
  return lines;
}

TEST(FrameLinker, FollowsObjectsWhateverTheirLabels) {
  FrameLinker linker;
  EXPECT_THAT(linker.add(map_with({{1, 5, 5, 8, 8}, {3, 20, 20, 8, 8}}), 0), ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(linker.add(map_with({{1, 22, 21, 8, 8}, {2, 6, 8, 8, 8}}), 1), ElementsAre(0, 2, 1));
  EXPECT_THAT(tracks_of(linker), ElementsAre("1 0 1 0", "2 0 1 0"));
}

TEST(FrameLinker, TakesTheLargerOverlapFirst) {
  FrameLinker linker;
  linker.add(map_with({{1, 10, 10, 8, 8}, {2, 10, 18, 8, 8}}), 0);
  // The first has moved onto the place of the second, by most of its width, and that one further.
  EXPECT_THAT(linker.add(map_with({{1, 10, 13, 8, 8}, {2, 10, 21, 8, 8}}), 1), ElementsAre(0, 1, 2));
}

TEST(FrameLinker, LinksBySmallDistancesWithoutOverlap) {
  FrameLinker linker;
  linker.add(map_with({{1, 10, 10, 6, 6}}), 0);
  EXPECT_THAT(linker.add(map_with({{1, 10, 16, 6, 6}}), 1), ElementsAre(0, 1));
  // Further than its diameter, 6.8 px.
  EXPECT_THAT(linker.add(map_with({{1, 10, 23, 6, 6}}), 2), ElementsAre(0, 2));
  EXPECT_THAT(tracks_of(linker), ElementsAre("1 0 1 0", "2 2 2 0"));
}

TEST(FrameLinker, DaughtersNameTheirParent) {
  FrameLinker linker;
  linker.add(map_with({{1, 10, 10, 10, 20}}), 0);
  linker.add(map_with({{1, 10, 10, 10, 20}}), 1);
  EXPECT_THAT(linker.add(map_with({{1, 10, 9, 10, 10}, {2, 10, 21, 10, 10}}), 2), ElementsAre(0, 2, 3));
  EXPECT_THAT(tracks_of(linker), ElementsAre("1 0 1 0", "2 2 2 1", "3 2 2 1"));
}

TEST(FrameLinker, SomethingNewBesideAnObjectIsNoDaughter) {
  FrameLinker linker;
  linker.add(map_with({{1, 10, 10, 10, 10}}), 0);
  EXPECT_THAT(linker.add(map_with({{1, 10, 10, 10, 10}, {2, 10, 22, 10, 10}}), 1), ElementsAre(0, 1, 2));
  EXPECT_THAT(tracks_of(linker), ElementsAre("1 0 1 0", "2 1 1 0"));
}

TEST(FrameLinker, NoTrackGoesOverAMissingFrameOrAnEmptyOne) {
  FrameLinker linker;
  linker.add(map_with({{1, 10, 10, 10, 10}}), 4);
  linker.add(map_with({{1, 10, 10, 10, 10}}), 6);
  linker.add(map_with({}), 7);
  linker.add(map_with({{1, 10, 10, 10, 10}}), 8);
  EXPECT_THAT(tracks_of(linker), ElementsAre("1 4 4 0", "2 6 6 0", "3 8 8 0"));
}

TEST(FrameLinker, RefusesFramesOfOtherSizes) {
  FrameLinker linker;
  linker.add(torch::zeros({4, 5}, torch::kInt32), 0);
  EXPECT_THAT(error_message([&] {
                linker.add(torch::zeros({5, 4}, torch::kInt32), 1);
              }),
              HasSubstr("a frame of 4 x 5 pixels follows one of another size"));
}

}  // namespace
}  // namespace priorseg
