#include "priorseg/detector/outline_draft.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "detector/tiny_detector.h"

namespace priorseg {
namespace {

using namespace test;

/// Ellipses whose edges are blurred, so that levels lie apart.
Image blurred_ellipses() {
  const auto sharp = draw_ellipses(scattered_ellipses(140, 200, 3), 140, 200);
  return {torch::avg_pool2d(sharp, 5, 1, 2), 0};
}

void expect_same_bitmaps(const Detections& a, const Detections& b) {
  ASSERT_EQ(a.objects.size(), b.objects.size());
  EXPECT_GT(a.objects.size(), 10U);
  for (size_t i = 0; i < a.objects.size(); ++i) {
    EXPECT_EQ(a.objects[i].y0, b.objects[i].y0);
    EXPECT_EQ(a.objects[i].x0, b.objects[i].x0);
    EXPECT_EQ(a.objects[i].bits, b.objects[i].bits);
  }
}

TEST(OutlineDraft, DrawsWhatTheDetectorFindsAtEachBorderLevel) {
  const auto detector = trained_detector();
  const Image image = blurred_ellipses();
  auto inference = detector.options().inference;
  inference.border_level = .4;
  const auto draft = detector.draft(image, inference, nobody());
  EXPECT_EQ(draft.border_level(), .4);
  int64_t area_before = 0;
  for (const double level : {.7, .4, .2}) {  // again and again, in any order
    inference.border_level = level;
    const auto drawn = draft.at(level);
    expect_same_bitmaps(drawn.found, detector.find(image, inference));
    EXPECT_EQ(drawn.signs.size(), drawn.found.objects.size());
    int64_t area = 0;
    for (const auto& object : drawn.found.objects) area += object.area;
    EXPECT_GT(area, area_before) << level;  // a lower level is farther out
    area_before = area;
  }
}

TEST(OutlineDraft, DropsWhatHardlyMatchesAnObject) {
  const auto detector = trained_detector();
  const Image image = blurred_ellipses();
  auto inference = detector.options().inference;
  inference.border_level = .4;
  const auto all = detector.find(image, inference);
  inference.min_chance = .8;
  const auto draft = detector.draft(image, inference, nobody());
  inference.border_level = .5;
  const auto drawn = draft.at(.5).found;
  EXPECT_LT(drawn.objects.size(), all.objects.size());
  expect_same_bitmaps(drawn, detector.find(image, inference));
}

TEST(OutlineDraft, LeavesOutlinesAsTheNetworksDrawThemAtLevelZero) {
  const auto detector = trained_detector();
  const Image image = blurred_ellipses();
  auto inference = detector.options().inference;
  inference.border_level = .4;
  const auto draft = detector.draft(image, inference, nobody());
  inference.border_level = 0;
  expect_same_bitmaps(draft.at(0).found, detector.find(image, inference));
}

TEST(OutlineDraft, TakesTheMaskThresholdAlong) {
  const auto detector = trained_detector();
  const Image image = blurred_ellipses();
  auto inference = detector.options().inference;
  inference.border_level = .4;
  inference.mask_threshold = .6;
  const auto draft = detector.draft(image, inference, nobody());
  expect_same_bitmaps(draft.at(.4).found, detector.find(image, inference));
}

}  // namespace
}  // namespace priorseg
