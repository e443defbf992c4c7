// Results of an image that comes in pieces are those of the whole image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "priorseg/output/label_map.h"
#include "priorseg/output/measurements.h"
#include "priorseg/output/overlay.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::ElementsAre;
using testing::HasSubstr;

ObjectPixels block(int64_t x0, int64_t y0, int64_t side) {
  return {x0, y0, side, side, side * side, std::vector<uint8_t>(static_cast<size_t>(side * side), 1)};
}

torch::Tensor labels_of_blocks(int64_t height, int64_t width) {
  torch::manual_seed(8);
  return torch::randint(0, 4, {height / 3 + 1, width / 3 + 1}, torch::kInt32)
      .repeat_interleave(3, 0)
      .repeat_interleave(3, 1)
      .slice(0, 0, height)
      .slice(1, 0, width)
      .contiguous();
}

TEST(RunningLabelMap, GivesTheRowsOfTheWholeMap) {
  const std::vector<ObjectPixels> first = {block(2, 3, 9), block(8, 8, 9)},
                                  second = {block(0, 15, 12), block(20, 1, 4)};
  std::vector<ObjectPixels> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const auto whole = compose_label_map(all, 40, 30);
  RunningLabelMap running(40, 30);
  EXPECT_THAT(running.add(first), ElementsAre(0, 1));
  EXPECT_THAT(running.add(second), ElementsAre(0, 1));
  const auto upper = running.take_rows(16), middle = running.take_rows(17), lower = running.take_rows(40);
  EXPECT_TRUE(torch::cat({upper, middle, lower}).equal(whole.labels));
  EXPECT_EQ(running.num_labels(), 4);
}

TEST(RunningLabelMap, RefusesObjectsInRowsThatAreGone) {
  RunningLabelMap running(40, 30);
  EXPECT_EQ(running.take_rows(10).sizes(), (torch::IntArrayRef{10, 30}));
  EXPECT_THAT(error_message([&] { running.add({block(0, 9, 5)}); }),
              HasSubstr("10 rows of the label map are finished"));
}

TEST(RunningMeasurements, AreThoseOfTheWholeImage) {
  const auto labels = labels_of_blocks(50, 37);
  const auto pixels = 1000 * torch::rand({3, 50, 37});
  const auto expected = measure_objects(labels, pixels, {0.1f, 0.2f, 0.3f});
  for (const int64_t step : {1, 7, 49}) {
    RunningMeasurements running(37);
    for (int64_t first = 0; first < 50; first += step) {
      const int64_t last = std::min<int64_t>(50, first + step);
      running.add_rows(labels.slice(0, first, last), pixels.slice(1, first, last));
    }
    const auto objects = running.finish({0.1f, 0.2f, 0.3f});
    ASSERT_EQ(objects.size(), expected.size());
    for (size_t i = 0; i < objects.size(); ++i) {
      EXPECT_EQ(objects[i].label, expected[i].label);
      EXPECT_EQ(objects[i].area, expected[i].area);
      EXPECT_EQ(objects[i].y1, expected[i].y1);
      EXPECT_EQ(objects[i].perimeter, expected[i].perimeter) << step;
      EXPECT_EQ(objects[i].orientation, expected[i].orientation);
      EXPECT_EQ(objects[i].sum_intensity, expected[i].sum_intensity);
      EXPECT_EQ(objects[i].max_intensity, expected[i].max_intensity);
      EXPECT_EQ(objects[i].score, expected[i].score);
    }
  }
}

TEST(RunningOverlay, IsThatOfTheWholeImage) {
  const auto labels = labels_of_blocks(90, 64);
  const auto pixels = 1000 * torch::rand({3, 90, 64});
  for (const int64_t max_side : {2000, 47, 30}) {
    OverlayOptions options;
    options.max_side = max_side;
    const auto overlay = draw_overlay(pixels, labels, options), image = draw_image(pixels, options);
    EXPECT_EQ(overlay.size(0), std::min<int64_t>(90, max_side));
    for (const int64_t step : {1, 11, 90}) {
      RunningOverlay running(3, 90, 64, options);
      for (int64_t first = 0; first < 90; first += step) {
        const int64_t last = std::min<int64_t>(90, first + step);
        running.add_rows(pixels.slice(1, first, last), labels.slice(0, first, last));
      }
      EXPECT_TRUE(running.draw_overlay().equal(overlay)) << max_side << " " << step;
      EXPECT_TRUE(running.draw_image().equal(image)) << max_side << " " << step;
    }
  }
}

TEST(RunningOverlay, RefusesToDrawAPartOfAnImage) {
  RunningOverlay running(1, 20, 10);
  running.add_rows(torch::zeros({1, 12, 10}), torch::zeros({12, 10}, torch::kInt32));
  EXPECT_THAT(error_message([&] { running.draw_overlay(); }), HasSubstr("8 rows"));
}

}  // namespace
}  // namespace priorseg
