#include "priorseg/studio/label_editor.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "priorseg/core/error.h"
#include "priorseg/studio/label_regions.h"

namespace priorseg::test {
namespace {

/// 12 x 16: a block of 1 (rows 2 to 5, columns 2 to 9), 2 beside it (columns 10 to 12), a ring of 3 below.
torch::Tensor three_objects() {
  auto labels = torch::zeros({12, 16}, torch::kInt32);
  labels.slice(0, 2, 6).slice(1, 2, 10).fill_(1);
  labels.slice(0, 2, 6).slice(1, 10, 13).fill_(2);
  labels.slice(0, 7, 11).slice(1, 3, 8).fill_(3);
  labels.slice(0, 8, 10).slice(1, 4, 7).fill_(0);
  return labels;
}

int64_t area_of(const LabelEditor& editor, int32_t label) {
  return (editor.labels() == label).sum().item<int64_t>();
}

TEST(LabelEditor, DeletesAndTakesItBack) {
  LabelEditor editor(three_objects());
  editor.apply({{"do", "delete"}, {"labels", {1, 3}}});
  EXPECT_EQ(area_of(editor, 1), 0);
  EXPECT_EQ(area_of(editor, 3), 0);
  EXPECT_EQ(area_of(editor, 2), 12);
  EXPECT_TRUE(editor.is_changed(1));
  EXPECT_FALSE(editor.is_changed(2));
  editor.apply({{"do", "undo"}});
  EXPECT_TRUE(editor.labels().equal(three_objects()));
  EXPECT_FALSE(editor.is_any_changed());
  editor.apply({{"do", "redo"}});
  EXPECT_EQ(area_of(editor, 1), 0);
}

TEST(LabelEditor, MergesIntoTheSmallestNumber) {
  LabelEditor editor(three_objects());
  editor.apply({{"do", "merge"}, {"labels", {2, 1}}});
  EXPECT_EQ(area_of(editor, 1), 44);
  EXPECT_EQ(area_of(editor, 2), 0);
}

TEST(LabelEditor, SplitsWhereALineCrosses) {
  for (const auto& line : {nlohmann::json{5.5, 0.0, 5.5, 9.0}, nlohmann::json{2.0, 0.5, 9.9, 7.9}}) {
    LabelEditor editor(three_objects());
    editor.apply({{"do", "split"}, {"label", 1}, {"line", line}});
    EXPECT_EQ(area_of(editor, 1) + area_of(editor, 4), 32) << line;  // no pixel is lost
    EXPECT_GT(area_of(editor, 4), 4) << line;
    EXPECT_GE(area_of(editor, 1), area_of(editor, 4)) << line;
    EXPECT_EQ(editor.highest_label(), 4) << line;
  }
}

TEST(LabelEditor, RefusesALineThatEndsInside) {
  LabelEditor editor(three_objects());
  EXPECT_THROW(editor.apply({{"do", "split"}, {"label", 1}, {"line", {5.5, 0.0, 5.5, 3.0}}}), Error);
  EXPECT_TRUE(editor.labels().equal(three_objects()));
  EXPECT_FALSE(editor.can_undo());
}

TEST(LabelEditor, DrawsOnlyWhereNothingIs) {
  LabelEditor editor(three_objects());
  editor.apply({{"do", "draw"}, {"polygon", {11, 4, 15, 4, 15, 8, 11, 8}}});
  EXPECT_EQ(area_of(editor, 4), 16 - 4);  // 2 x 2 pixels belong to object 2
  EXPECT_EQ(area_of(editor, 2), 12);
  EXPECT_EQ(editor.labels()[4][14].item<int32_t>(), 4);
}

TEST(LabelEditor, AddsAndCutsOff) {
  LabelEditor editor(three_objects());
  editor.apply({{"do", "add"}, {"label", 2}, {"polygon", {12, 2, 15, 2, 15, 6, 12, 6}}});
  EXPECT_EQ(area_of(editor, 2), 12 + 8);
  editor.apply({{"do", "cut"}, {"label", 1}, {"polygon", {0, 0, 4, 0, 4, 16, 0, 16}}});
  EXPECT_EQ(area_of(editor, 1), 32 - 8);
  EXPECT_EQ(area_of(editor, 3), 14);
}

TEST(LabelEditor, FillsHoles) {
  LabelEditor editor(three_objects());
  editor.apply({{"do", "fill"}, {"label", 3}});
  EXPECT_EQ(area_of(editor, 3), 20);
  EXPECT_THROW(editor.apply({{"do", "fill"}, {"label", 3}}), Error);
}

TEST(LabelEditor, NeverUsesANumberAgain) {
  LabelEditor editor(three_objects());
  editor.apply({{"do", "delete"}, {"labels", {3}}});
  editor.apply({{"do", "draw"}, {"polygon", {0, 8, 3, 8, 3, 11, 0, 11}}});
  EXPECT_EQ(area_of(editor, 3), 0);
  EXPECT_EQ(area_of(editor, 4), 9);
}

TEST(LabelEditor, UndoneActionsAreForgottenByANewOne) {
  LabelEditor editor(three_objects());
  editor.apply({{"do", "delete"}, {"labels", {1}}});
  editor.apply({{"do", "undo"}});
  editor.apply({{"do", "delete"}, {"labels", {2}}});
  EXPECT_FALSE(editor.can_redo());
  EXPECT_THROW(editor.apply({{"do", "redo"}}), Error);
}

TEST(LabelEditor, RefusesWhatIsNoAction) {
  LabelEditor editor(three_objects());
  for (const auto& action : std::vector<nlohmann::json>{nullptr,
                                                        {{"do", "dance"}},
                                                        {{"do", "delete"}},
                                                        {{"do", "delete"}, {"labels", {0}}},
                                                        {{"do", "delete"}, {"labels", {"1"}}},
                                                        {{"do", "merge"}, {"labels", {1}}},
                                                        {{"do", "merge"}, {"labels", {1, 9}}},
                                                        {{"do", "split"}, {"label", 1}},
                                                        {{"do", "draw"}, {"polygon", {1, 2, 3}}},
                                                        {{"do", "draw"}, {"polygon", {1, 2, 3, 4}}},
                                                        {{"do", "draw"}, {"polygon", {1e9, 2, 3, 4, 5, 6}}},
                                                        {{"do", "undo"}}}) {
    EXPECT_THROW(editor.apply(action), Error) << action;
  }
  EXPECT_TRUE(editor.labels().equal(three_objects()));
}

TEST(PixelsInPolygon, AreThoseWhoseCentresLieInIt) {
  const std::vector<ImagePoint> polygon = {{-3, -2}, {6.2, 1.1}, {4.4, 9.7}, {2.1, 3.3}};
  std::vector<int64_t> expected;
  for (int64_t y = 0; y < 8; ++y)
    for (int64_t x = 0; x < 7; ++x) {
      const double px = static_cast<double>(x) + .5, py = static_cast<double>(y) + .5;
      bool inside = false;
      for (size_t i = 0; i < 4; ++i) {
        const auto &a = polygon[i], &b = polygon[(i + 1) % 4];
        if ((a.y <= py) != (b.y <= py) && px < a.x + (py - a.y) * (b.x - a.x) / (b.y - a.y)) inside = !inside;
      }
      if (inside) expected.push_back(y * 7 + x);
    }
  EXPECT_EQ(pixels_in_polygon(polygon, 8, 7), expected);
  EXPECT_FALSE(expected.empty());
}

TEST(LabelEditor, NumbersNewObjectsAboveThoseInUseElsewhere) {
  LabelEditor editor(torch::zeros({8, 8}, torch::kInt32), 41);
  editor.apply({{"do", "draw"}, {"polygon", {1, 1, 4, 1, 4, 4, 1, 4}}});
  EXPECT_EQ(editor.labels().max().item<int32_t>(), 42);
  EXPECT_THROW(editor.apply({{"do", "delete"}, {"labels", {41}}}), Error);
}

}  // namespace
}  // namespace priorseg::test
