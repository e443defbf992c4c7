#include "priorseg/eval/overlaps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "priorseg/core/error.h"
#include "tiny_maps.h"

namespace priorseg {
namespace {

using test::label_map;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(CountOverlaps, CountsAreasAndSharedPixels) {
  const auto overlaps = count_overlaps(label_map({"11.7", "11.7"}), label_map({"5553", ".5.3"}));
  EXPECT_THAT(overlaps.truth_labels, ElementsAre(1, 7));
  EXPECT_THAT(overlaps.predicted_labels, ElementsAre(3, 5));
  EXPECT_THAT(overlaps.truth_areas, ElementsAre(4, 2));
  EXPECT_THAT(overlaps.predicted_areas, ElementsAre(2, 4));
  ASSERT_EQ(overlaps.pairs.size(), 2u);
  EXPECT_EQ(overlaps.pairs[0].truth, 0);
  EXPECT_EQ(overlaps.pairs[0].predicted, 1);
  EXPECT_EQ(overlaps.pairs[0].intersection, 3);
  EXPECT_DOUBLE_EQ(overlaps.iou(overlaps.pairs[0]), 3.0 / 5);
  EXPECT_DOUBLE_EQ(overlaps.iou(overlaps.pairs[1]), 1.0);
}

TEST(CountOverlaps, AgreesWithAFullMatrix) {
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    const auto truth = test::random_labels(random, 9, 12, 17),
               predicted = test::random_labels(random, 12, 12, 17);
    const auto overlaps = count_overlaps(truth, predicted);
    size_t pairs = 0;
    for (int64_t t = 0; t < overlaps.num_truth(); ++t) {
      const auto in_truth = truth == overlaps.truth_labels[t];
      EXPECT_EQ(overlaps.truth_areas[t], in_truth.sum().item<int64_t>());
      for (int64_t p = 0; p < overlaps.num_predicted(); ++p) {
        const auto shared = (in_truth & (predicted == overlaps.predicted_labels[p])).sum().item<int64_t>();
        if (shared == 0) continue;
        ASSERT_LT(pairs, overlaps.pairs.size());
        EXPECT_EQ(overlaps.pairs[pairs].truth, t);
        EXPECT_EQ(overlaps.pairs[pairs].predicted, p);
        EXPECT_EQ(overlaps.pairs[pairs++].intersection, shared);
      }
    }
    EXPECT_EQ(pairs, overlaps.pairs.size());
  }
}

TEST(CountOverlaps, ReadsTensorsThatAreNotContiguous) {
  const auto truth = label_map({"1.", "1.", "22"}), predicted = label_map({"3.", "33", ".4"});
  const auto overlaps = count_overlaps(truth.t(), predicted.t());
  EXPECT_THAT(overlaps.truth_areas, ElementsAre(2, 2));
  EXPECT_THAT(overlaps.predicted_areas, ElementsAre(3, 1));
}

TEST(CountOverlaps, KeepsLabelsOfAnySizeAndSign) {
  const auto truth = torch::tensor({{2147483647, -5, 0}}, torch::kInt32);
  const auto overlaps = count_overlaps(truth, truth);
  EXPECT_THAT(overlaps.truth_labels, ElementsAre(-5, 2147483647));
  EXPECT_EQ(overlaps.pairs.size(), 2u);
}

TEST(CountOverlaps, AcceptsMapsWithoutObjectsOrPixels) {
  EXPECT_EQ(count_overlaps(label_map({".."}), label_map({".."})).num_truth(), 0);
  const auto none = torch::zeros({0, 4}, torch::kInt32);
  EXPECT_TRUE(count_overlaps(none, none).pairs.empty());
}

TEST(CountOverlaps, RefusesMapsOfDifferentSizeOrType) {
  const auto map = torch::zeros({3, 4}, torch::kInt32);
  EXPECT_THAT(message_of([&] {
                count_overlaps(map, torch::zeros({4, 3}, torch::kInt32));
              }),
              HasSubstr("the truth is 3 x 4 pixels and the prediction 4 x 3"));
  EXPECT_THAT(message_of([&] {
                count_overlaps(map, torch::zeros({3, 4}));
              }),
              HasSubstr("prediction is CPUFloatType"));
  EXPECT_THAT(message_of([&] {
                count_overlaps(torch::zeros({1, 3, 4}, torch::kInt32), map);
              }),
              HasSubstr("truth has shape [1,3,4]"));
}

TEST(DropObjectsAtBorder, KeepsWhatReachesIntoTheField) {
  const auto labels = label_map({"11..2", ".1..2", ".33..", "..3..", "44444"});
  // The field is the middle 3 x 3: object 2 and 4 lie in the outermost pixels, 1 and 3 reach further.
  const auto kept = label_map({"11...", ".1...", ".33..", "..3..", "....."});
  EXPECT_TRUE(torch::equal(drop_objects_at_border(labels, 1), kept));
  EXPECT_TRUE(torch::equal(drop_objects_at_border(labels, 2),
                           label_map({".....", ".....", ".33..", "..3..", "....."})));
}

TEST(DropObjectsAtBorder, KeepsEverythingWithoutMargin) {
  const auto labels = label_map({"12", "34"});
  EXPECT_TRUE(torch::equal(drop_objects_at_border(labels, 0), labels));
}

TEST(DropObjectsAtBorder, LeavesItsInputAlone) {
  const auto labels = label_map({"1..", ".2.", "..."});
  const auto copy = labels.clone();
  drop_objects_at_border(labels, 1);
  EXPECT_TRUE(torch::equal(labels, copy));
}

TEST(DropObjectsAtBorder, RefusesAMarginThatLeavesNoField) {
  const auto labels = torch::zeros({4, 9}, torch::kInt32);
  EXPECT_THAT(message_of([&] { drop_objects_at_border(labels, 2); }), HasSubstr("2 px from the border"));
  EXPECT_THAT(message_of([&] { drop_objects_at_border(labels, -1); }), HasSubstr("-1 px from the border"));
}

}  // namespace
}  // namespace priorseg
