#include "priorseg/output/running_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

torch::Tensor labels_of(std::vector<std::vector<int32_t>> rows) {
  auto labels = torch::zeros({std::ssize(rows), std::ssize(rows.front())}, torch::kInt32);
  for (int64_t y = 0; y < labels.size(0); ++y)
    for (int64_t x = 0; x < labels.size(1); ++x)
      labels[y][x] = rows[static_cast<size_t>(y)][static_cast<size_t>(x)];
  return labels;
}

std::map<int32_t, ObjectPixels> objects_of(const torch::Tensor& labels, int64_t rows) {
  std::map<int32_t, ObjectPixels> objects;
  RunningObjects running(labels.size(1), [&](int32_t label, const ObjectPixels& object) {
    EXPECT_TRUE(objects.emplace(label, object).second);
  });
  for (int64_t y = 0; y < labels.size(0); y += rows)
    running.add_rows(labels.slice(0, y, std::min(y + rows, labels.size(0))));
  running.finish();
  return objects;
}

class RunningObjectsInPieces : public testing::TestWithParam<int64_t> {};

INSTANTIATE_TEST_SUITE_P(Rows, RunningObjectsInPieces, testing::Values(1, 2, 4));

TEST_P(RunningObjectsInPieces, AreThePixelsOfEachLabel) {
  const auto labels = labels_of({{0, 2, 2, 0, 5}, {0, 0, 2, 1, 5}, {0, 0, 0, 1, 0}, {3, 3, 0, 1, 7}});
  const auto objects = objects_of(labels, GetParam());
  ASSERT_EQ(objects.size(), 5u);
  for (const auto& [label, object] : objects) {
    auto drawn = torch::zeros_like(labels);
    for (int64_t y = 0; y < object.height; ++y)
      for (int64_t x = 0; x < object.width; ++x)
        if (object.bits[y * object.width + x]) drawn[object.y0 + y][object.x0 + x] = 1;
    EXPECT_TRUE(drawn.equal(labels.eq(label).to(torch::kInt32))) << label;
    EXPECT_EQ(object.area, drawn.sum().item<int64_t>());
  }
  EXPECT_EQ(objects.at(2).width, 2);
  EXPECT_EQ(objects.at(2).height, 2);
}

TEST(RunningObjects, AreHandedOverAsSoonAsTheyAreWhole) {
  int64_t count = 0;
  RunningObjects running(2, [&](int32_t, const ObjectPixels&) { ++count; });
  running.add_rows(labels_of({{1, 0}, {1, 0}}));
  EXPECT_EQ(count, 0);
  running.add_rows(labels_of({{0, 2}}));
  EXPECT_EQ(count, 1);
  running.finish();
  EXPECT_EQ(count, 2);
}

TEST(RunningObjects, ALabelThatComesAgainIsAnError) {
  EXPECT_THAT(error_message([] {
                objects_of(labels_of({{4}, {0}, {4}}), 1);
              }),
              HasSubstr("label 4 comes again below a row without it"));
  EXPECT_THAT(error_message([] { objects_of(labels_of({{-1}}), 1); }), HasSubstr("negative"));
}

}  // namespace
}  // namespace priorseg
