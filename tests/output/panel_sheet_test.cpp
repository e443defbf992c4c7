#include "priorseg/output/panel_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

torch::Tensor plain(int64_t height, int64_t width, int red) {
  auto picture = torch::zeros({height, width, 3}, torch::kUInt8);
  picture.select(2, 0).fill_(red);
  return picture;
}

/// Whether `picture` stands somewhere in the sheet, pixel by pixel, with its upper left corner in that place.
bool stands_at(const torch::Tensor& sheet, const torch::Tensor& picture, int64_t top, int64_t left) {
  return sheet.slice(0, top, top + picture.size(0)).slice(1, left, left + picture.size(1)).equal(picture);
}

TEST(PanelSheet, PicturesStandInRowsAndColumnsWithTheirPixels) {
  const auto a = plain(30, 50, 200), b = plain(20, 60, 100), c = plain(30, 50, 50), d = plain(30, 60, 10);
  const auto sheet = panel_sheet({"truth", "system"}, {{"first", {a, b}}, {"second", {c, d}}});
  EXPECT_EQ(sheet.sizes(), (torch::IntArrayRef{20 + 26 + 2 * (26 + 30), 20 + 50 + 6 + 60, 3}));
  const int64_t first = 10 + 26 + 26, second = first + 30 + 26, right = 10 + 50 + 6;
  EXPECT_TRUE(stands_at(sheet, a, first, 10));
  EXPECT_TRUE(stands_at(sheet, b, first, right));
  EXPECT_TRUE(stands_at(sheet, c, second, 10));
  EXPECT_TRUE(stands_at(sheet, d, second, right));
}

TEST(PanelSheet, HeadingsAreWrittenOverTheColumns) {
  const auto with = panel_sheet({"truth"}, {{"", {plain(20, 80, 9)}}});
  const auto without = panel_sheet({""}, {{"", {plain(20, 80, 9)}}});
  EXPECT_FALSE(with.equal(without));
  EXPECT_TRUE(with.slice(0, 36).equal(without.slice(0, 36)));
}

TEST(PanelSheet, TakesAnyLettersAndNoRow) {
  EXPECT_NO_THROW(panel_sheet({"\xC3\xA4 very long heading that does not fit"}, {{"x", {plain(4, 4, 1)}}}));
  EXPECT_EQ(panel_sheet({"a"}, {}).size(0), 46);
}

TEST(PanelSheet, WrongInputIsAnErrorThatTellsWhat) {
  EXPECT_THAT(error_message([] { panel_sheet({}, {}); }), HasSubstr("without columns"));
  EXPECT_THAT(error_message([] {
                panel_sheet({"a", "b"}, {{"r", {plain(2, 2, 0)}}});
              }),
              HasSubstr("row 'r' of a panel sheet has 1 pictures, expected 2"));
  EXPECT_THAT(error_message([] {
                panel_sheet({"a"}, {{"r", {torch::zeros({2, 2, 3})}}});
              }),
              HasSubstr("another type than uint8"));
  EXPECT_THAT(error_message([] {
                panel_sheet({"a"}, {{"r", {torch::zeros({2, 2}, torch::kUInt8)}}});
              }),
              HasSubstr("expected [*,*,3]"));
}

}  // namespace
}  // namespace priorseg
