#include "priorseg/image/label_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

/// Discs of radius 3 on a grid; their labels are what `label` gives for 1, 2, ...
torch::Tensor discs(int64_t count, const std::function<int(int64_t)>& label) {
  auto labels = torch::zeros({200, 200}, torch::kInt32);
  for (int64_t i = 0; i < count; ++i)
    labels.slice(0, i / 20 * 10 + 2, i / 20 * 10 + 8)
        .slice(1, i % 20 * 10 + 2, i % 20 * 10 + 8)
        .fill_(label(i + 1));
  return labels;
}

TEST(LabelParts, AreThoseThatTouchAtSidesOrCorners) {
  const auto labels =
      torch::tensor({{1, 0, 0, 1, 0}, {0, 1, 0, 1, 0}, {2, 0, 1, 0, 3}, {2, 2, 0, 0, 3}}, torch::kInt32);
  const auto parts = find_label_parts(labels);
  EXPECT_EQ(parts.num_labels, 3);
  EXPECT_EQ(parts.num_parts, 3);  // the left and the right arm of 1 meet in the third row
  EXPECT_TRUE(parts.labels.gt(0).equal(labels.gt(0)));
  EXPECT_EQ(parts.labels[0][0].item<int>(), 1);
  EXPECT_EQ(parts.labels[0][3].item<int>(), 1);
  EXPECT_EQ(find_label_parts(torch::zeros({3, 4}, torch::kInt32)).num_parts, 0);
}

TEST(LabelParts, OfDifferentLabelsStayApart) {
  const auto labels = torch::tensor({{1, 1, 2, 2}, {1, 1, 2, 2}}, torch::kInt32);
  EXPECT_EQ(find_label_parts(labels).num_parts, 2);
}

TEST(ObjectsOfLabels, OfAMaskAreRefusedOrItsParts) {
  const auto mask = discs(14, [](int64_t) { return 255; });
  const auto message = error_message([&] { objects_of_labels(mask, LabelSplit::kRefuseMasks, "a.tif"); });
  EXPECT_THAT(message, HasSubstr("a.tif holds one label, 255, in 14 separate parts: a mask"));
  EXPECT_THAT(message, HasSubstr("--split"));
  EXPECT_EQ(objects_of_labels(mask, LabelSplit::kParts, "a.tif").max().item<int>(), 14);
}

TEST(ObjectsOfLabels, ThatAreOneObjectStay) {
  for (const int64_t count : {0, 1, 2}) {
    const auto labels = discs(count, [](int64_t) { return 7; });
    EXPECT_TRUE(objects_of_labels(labels, LabelSplit::kRefuseMasks, "").equal(labels)) << count;
  }
}

TEST(ObjectsOfLabels, ThatWrappedRoundAreTold) {
  std::string doubt;
  objects_of_labels(discs(400, [](int64_t i) { return static_cast<int>(i % 256); }), LabelSplit::kRefuseMasks,
                    "", &doubt);
  EXPECT_THAT(
      doubt, HasSubstr("of its 255 labels lie in several separate parts: did numbers above 255 wrap round?"));
  doubt.clear();
  objects_of_labels(discs(300, [](int64_t i) { return static_cast<int>(i); }), LabelSplit::kRefuseMasks, "",
                    &doubt);
  EXPECT_EQ(doubt, "");
}

TEST(ObjectsOfLabels, ThatNumberTheBackgroundAreTold) {
  const auto objects = discs(100, [](int64_t i) { return static_cast<int>(i); });
  const auto doubt_of = [](const torch::Tensor& labels) {
    std::string doubt;
    EXPECT_TRUE(objects_of_labels(labels, LabelSplit::kRefuseMasks, "", &doubt).equal(labels));
    return doubt;
  };
  EXPECT_EQ(doubt_of(objects), "");
  EXPECT_EQ(
      doubt_of(objects + 1),
      "its label 1 covers 91 % of the picture and reaches all its sides: a background, which has to be 0, "
      "or a mask?");
  EXPECT_THAT(doubt_of(objects.eq(0).to(torch::kInt32) * 255), HasSubstr("its label 255 covers 91 %"));
  auto large = torch::zeros({20, 20}, torch::kInt32);
  large.slice(0, 1).fill_(3);  // an object that fills a crop but for one side
  EXPECT_EQ(doubt_of(large), "");
  EXPECT_EQ(doubt_of(torch::zeros({0, 4}, torch::kInt32)), "");
}

}  // namespace
}  // namespace priorseg
