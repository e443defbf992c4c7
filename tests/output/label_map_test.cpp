#include "priorseg/output/label_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>
#include <opencv2/imgproc.hpp>
#include <random>
#include <set>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::ElementsAre;
using testing::HasSubstr;

/// An object from a drawing: '#' is a pixel.
ObjectPixels draw(int64_t x0, int64_t y0, const std::vector<std::string>& rows) {
  ObjectPixels object;
  object.x0 = x0;
  object.y0 = y0;
  object.height = static_cast<int64_t>(rows.size());
  object.width = static_cast<int64_t>(rows.at(0).size());
  for (const std::string& row : rows)
    for (const char c : row) object.bits.push_back(c == '#');
  object.area = std::accumulate(object.bits.begin(), object.bits.end(), int64_t{0});
  return object;
}

/// A label map as text, '.' for background.
std::vector<std::string> text(const torch::Tensor& labels) {
  std::vector<std::string> rows;
  for (int64_t y = 0; y < labels.size(0); ++y) {
    rows.emplace_back();
    for (int64_t x = 0; x < labels.size(1); ++x) {
      const int label = labels[y][x].item<int>();
      rows.back() += label == 0 ? '.' : static_cast<char>('0' + label);
    }
  }
  return rows;
}

TEST(LabelMap, IsEmptyWithoutObjects) {
  const LabelMap map = compose_label_map({}, 3, 4);
  EXPECT_EQ(map.labels.scalar_type(), torch::kInt32);
  EXPECT_THAT(text(map.labels), ElementsAre("....", "....", "...."));
  EXPECT_TRUE(map.object_of_label.empty());
}

TEST(LabelMap, GivesOverlapToTheBetterObject) {
  const LabelMap map = compose_label_map({draw(0, 0, {"###", "###"}), draw(1, 0, {"####", "####"})}, 2, 5);
  EXPECT_THAT(text(map.labels), ElementsAre("11122", "11122"));
  EXPECT_THAT(map.object_of_label, ElementsAre(0, 1));
}

TEST(LabelMap, KeepsLargestPartOfObjectThatIsCut) {
  const LabelMap map = compose_label_map({draw(2, 0, {"#", "#"}), draw(0, 0, {"######", "######"})}, 2, 6);
  EXPECT_THAT(text(map.labels), ElementsAre("..1222", "..1222"));
}

TEST(LabelMap, LeavesPartsThatAreDroppedToLaterObjects) {
  const LabelMap map = compose_label_map(
      {draw(2, 0, {"#", "#"}), draw(0, 0, {"######", "######"}), draw(0, 0, {"#####", "#####"})}, 2, 6);
  EXPECT_THAT(text(map.labels), ElementsAre("331222", "331222"));
}

TEST(LabelMap, TouchingCornersAreTwoParts) {
  const LabelMap map = compose_label_map({draw(1, 1, {"##.", "##.", "..#"})}, 4, 4);
  EXPECT_THAT(text(map.labels), ElementsAre("....", ".11.", ".11.", "...."));
}

TEST(LabelMap, NumbersLabelsWithoutGapsAndNamesTheirObjects) {
  const LabelMap map =
      compose_label_map({draw(0, 0, {"##"}), draw(0, 0, {"##"}), ObjectPixels{}, draw(3, 0, {"#"})}, 1, 4);
  EXPECT_THAT(text(map.labels), ElementsAre("11.2"));
  EXPECT_THAT(map.object_of_label, ElementsAre(0, 3));
}

TEST(LabelMap, RefusesObjectsThatDoNotFit) {
  EXPECT_THAT(error_message([] { compose_label_map({draw(3, 0, {"##"})}, 2, 4); }),
              HasSubstr("object 0 reaches over the image of 4 x 2 pixels"));
  EXPECT_THAT(error_message([] { compose_label_map({draw(-1, 0, {"##"})}, 2, 4); }),
              HasSubstr("reaches over"));
  ObjectPixels wrong = draw(0, 0, {"##"});
  wrong.bits.pop_back();
  EXPECT_THAT(error_message([&] { compose_label_map({wrong}, 2, 4); }), HasSubstr("1 bits"));
  EXPECT_THAT(error_message([] { compose_label_map({}, 0, 4); }), HasSubstr("expected > 0"));
}

// The same by painting whole pictures with OpenCV's connected components.
LabelMap reference(const std::vector<ObjectPixels>& objects, int height, int width) {
  cv::Mat labels(height, width, CV_32S, cv::Scalar(0));
  LabelMap map;
  for (size_t i = 0; i < objects.size(); ++i) {
    cv::Mat visible(height, width, CV_8U, cv::Scalar(0)), parts, statistics, centres;
    for (int y = 0; y < objects[i].height; ++y)
      for (int x = 0; x < objects[i].width; ++x) {
        const int u = x + static_cast<int>(objects[i].x0), v = y + static_cast<int>(objects[i].y0);
        if (objects[i].bits[y * objects[i].width + x] && labels.at<int>(v, u) == 0)
          visible.at<uchar>(v, u) = 1;
      }
    const int count = cv::connectedComponentsWithStats(visible, parts, statistics, centres, 4);
    int best = 0, best_area = 0;
    for (int part = 1; part < count; ++part)
      if (statistics.at<int>(part, cv::CC_STAT_AREA) > best_area) {
        best = part;
        best_area = statistics.at<int>(part, cv::CC_STAT_AREA);
      }
    if (best == 0) continue;
    map.object_of_label.push_back(static_cast<int64_t>(i));
    labels.setTo(static_cast<int>(map.object_of_label.size()), parts == best);
  }
  map.labels = torch::from_blob(labels.data, {height, width}, torch::kInt32).clone();
  return map;
}

TEST(LabelMap, AgreesWithConnectedComponentsOnRandomObjects) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<ObjectPixels> objects;
    for (int i = 0; i < 12; ++i) {
      ObjectPixels object;
      object.height = 3 + random() % 20;
      object.width = 3 + random() % 20;
      object.x0 = random() % (50 - object.width);
      object.y0 = random() % (40 - object.height);
      for (int64_t p = 0; p < object.height * object.width; ++p) object.bits.push_back(random() % 8 != 0);
      objects.push_back(object);
    }
    const LabelMap expected = reference(objects, 40, 50), found = compose_label_map(objects, 40, 50);
    ASSERT_EQ(found.object_of_label, expected.object_of_label);
    ASSERT_TRUE(found.labels.equal(expected.labels)) << round;
  }
}

}  // namespace
}  // namespace priorseg
