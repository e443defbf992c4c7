#include "priorseg/eval/scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "priorseg/core/error.h"
#include "tiny_maps.h"

namespace priorseg {
namespace {

using test::label_map;

/// Truth 1 has IoU 3/5 with its prediction, truth 2 is found exactly, truth 3 is missed, one prediction is
/// false.
Tally example_tally() {
  return tally_objects(label_map({"1111..22..33......"}), label_map({".1111.33......4444"}));
}

double ap_at(const Figures& figures, double threshold) { return figures.ap[threshold_index(threshold)]; }

TEST(Figures, AgreeWithAHandComputedExample) {
  const Figures figures = figures_of(example_tally());
  EXPECT_DOUBLE_EQ(ap_at(figures, 0.5), 2.0 / 4);
  EXPECT_DOUBLE_EQ(ap_at(figures, 0.6), 2.0 / 4);  // 3/5 reaches 0.6
  EXPECT_DOUBLE_EQ(ap_at(figures, 0.65), 1.0 / 5);
  EXPECT_DOUBLE_EQ(figures.f1[threshold_index(0.5)], 4.0 / 6);
  EXPECT_DOUBLE_EQ(figures.pq[threshold_index(0.5)], (0.6 + 1) / 3);
  EXPECT_DOUBLE_EQ(figures.pq[threshold_index(0.7)], 1.0 / 3);
  EXPECT_NEAR(figures.map_paper, (4 * 0.5 + 3 * 0.2) / 7, 1e-12);
  EXPECT_NEAR(figures.map_dsb, (3 * 0.5 + 7 * 0.2) / 10, 1e-12);
  EXPECT_DOUBLE_EQ(figures.seg, (0.6 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(figures.aji, (3.0 + 2) / (5 + 2 + 2 + 4));
  EXPECT_DOUBLE_EQ(figures.sbd, (0.75 + 1 + 0) / 3);
  EXPECT_NEAR(figures.ap_area, 0.6 * 0.5 + 0.4 * 0.2, 1e-12);
  EXPECT_NEAR(figures.sorted_ap, 0.6 * 0.5 + 0.4 * (0.5 + 0.2) / 2, 1e-12);
}

TEST(Figures, AreOneForAPerfectPrediction) {
  const auto labels = label_map({"11.22", "11.22", "....3"});
  const Figures figures = figures_of(tally_objects(labels, labels));
  for (const double ap : figures.ap) EXPECT_DOUBLE_EQ(ap, 1);
  for (const double value : {figures.map_paper, figures.map_dsb, figures.seg, figures.aji, figures.sbd,
                             figures.sorted_ap, figures.ap_area}) {
    EXPECT_DOUBLE_EQ(value, 1);
  }
}

TEST(Figures, AreZeroWhereNothingOverlaps) {
  const Figures figures = figures_of(tally_objects(label_map({"11.."}), label_map({"..11"})));
  for (const double ap : figures.ap) EXPECT_DOUBLE_EQ(ap, 0);
  for (const double value : {figures.seg, figures.aji, figures.sbd, figures.sorted_ap, figures.ap_area}) {
    EXPECT_DOUBLE_EQ(value, 0);
  }
}

TEST(Figures, AreZeroWithObjectsOnOneSideOnly) {
  const auto empty = label_map({"...."}), full = label_map({"1122"});
  const Figures missed = figures_of(tally_objects(full, empty)),
                invented = figures_of(tally_objects(empty, full));
  for (const Figures& figures : {missed, invented}) {
    for (const double value : {figures.map_paper, figures.f1[0], figures.pq[0], figures.aji, figures.sbd,
                               figures.sorted_ap, figures.ap_area}) {
      EXPECT_DOUBLE_EQ(value, 0);
    }
  }
  EXPECT_DOUBLE_EQ(missed.seg, 0);
  EXPECT_TRUE(std::isnan(invented.seg));  // no reference object
}

TEST(Figures, AreUndefinedWithoutObjects) {
  const auto empty = label_map({"...."});
  const Figures figures = figures_of(tally_objects(empty, empty));
  for (const double value : {figures.ap[0], figures.f1[0], figures.pq[0], figures.map_paper, figures.map_dsb,
                             figures.seg, figures.aji, figures.sbd, figures.sorted_ap, figures.ap_area}) {
    EXPECT_TRUE(std::isnan(value));
  }
}

TEST(Figures, SegNeedsMoreThanHalfOfTheObject) {
  EXPECT_DOUBLE_EQ(figures_of(tally_objects(label_map({"1111"}), label_map({"11.."}))).seg, 0);
  EXPECT_DOUBLE_EQ(figures_of(tally_objects(label_map({"1111"}), label_map({"111."}))).seg, 0.75);
}

TEST(Figures, AjiLetsTwoTrueObjectsTakeOnePrediction) {
  const Figures figures = figures_of(tally_objects(label_map({"1122"}), label_map({"1111"})));
  EXPECT_DOUBLE_EQ(figures.aji, (2.0 + 2) / (4 + 4));
}

TEST(Figures, AjiTakesThePredictionThatCoversMost) {
  // Prediction 1 shares 3 of 5 px (IoU 3/10), prediction 2 the other 2 (IoU 2/5).
  const Figures figures = figures_of(tally_objects(label_map({".....11111"}), label_map({"1111111122"})));
  EXPECT_DOUBLE_EQ(figures.aji, 3.0 / (10 + 2));
}

TEST(Figures, DoNotDependOnLabelNumbers) {
  Random random(4);
  for (int round = 0; round < 20; ++round) {
    const auto truth = test::random_labels(random, 8, 20, 20),
               predicted = test::random_labels(random, 10, 20, 20);
    // 0 stays; other labels get the order reversed and gaps.
    const auto renumber = [](const torch::Tensor& labels) {
      return torch::where(labels > 0, 70000 - 31 * labels, labels).to(torch::kInt32);
    };
    const Figures before = figures_of(tally_objects(truth, predicted));
    const Figures after = figures_of(tally_objects(renumber(truth), renumber(predicted)));
    for (size_t i = 0; i < before.ap.size(); ++i) {
      EXPECT_NEAR(before.ap[i], after.ap[i], 1e-12);
      EXPECT_NEAR(before.pq[i], after.pq[i], 1e-12);
    }
    EXPECT_NEAR(before.seg, after.seg, 1e-12);
    EXPECT_NEAR(before.sbd, after.sbd, 1e-12);
    EXPECT_NEAR(before.sorted_ap, after.sorted_ap, 1e-12);
    EXPECT_NEAR(before.ap_area, after.ap_area, 1e-12);
  }
}

TEST(Figures, ApAreaIsTheMeanOverAllThresholds) {
  Random random(5);
  const auto truth = test::random_labels(random, 12, 20, 20),
             predicted = test::random_labels(random, 12, 20, 20);
  const auto tally = tally_objects(truth, predicted);
  const int steps = 100000;
  double sum = 0;
  for (int i = 0; i < steps; ++i) {
    const double threshold = (i + 0.5) / steps;
    const auto matched =
        std::count_if(tally.drops.begin(), tally.drops.end(), [&](double iou) { return iou >= threshold; });
    sum +=
        static_cast<double>(matched) / static_cast<double>(tally.num_truth + tally.num_predicted - matched);
  }
  EXPECT_NEAR(figures_of(tally).ap_area, sum / steps, 1e-4);
}

TEST(Average, LeavesOutImagesWithoutObjects) {
  const auto empty = tally_objects(label_map({".."}), label_map({".."}));
  const Figures example_figures = figures_of(example_tally());
  const Figures mean = average({example_figures, figures_of(empty)});
  EXPECT_DOUBLE_EQ(ap_at(mean, 0.5), ap_at(example_figures, 0.5));
  EXPECT_DOUBLE_EQ(mean.aji, example_figures.aji);
}

TEST(Average, DiffersFromPooling) {
  const Tally one = tally_objects(label_map({"11"}), label_map({"11"}));
  const Figures mean = average({figures_of(example_tally()), figures_of(one)});
  EXPECT_DOUBLE_EQ(ap_at(mean, 0.5), (0.5 + 1) / 2);
  Tally pooled = example_tally();
  pooled += one;
  EXPECT_DOUBLE_EQ(ap_at(figures_of(pooled), 0.5), 3.0 / 5);
  EXPECT_DOUBLE_EQ(figures_of(pooled).seg, (0.6 + 1 + 0 + 1) / 4);
  EXPECT_DOUBLE_EQ(figures_of(pooled).aji, (5.0 + 2) / (13 + 2));
}

TEST(Average, IsUndefinedWithoutImages) { EXPECT_TRUE(std::isnan(average({}).map_paper)); }

TEST(Tally, PoolingEqualsOneImageWithAllObjects) {
  Random random(6);
  std::vector<torch::Tensor> truths, predictions;
  Tally pooled;
  for (int i = 0; i < 4; ++i) {
    truths.push_back(test::random_labels(random, 6, 12, 12));
    predictions.push_back(test::random_labels(random, 6, 12, 12));
    pooled += tally_objects(truths[i], predictions[i]);
    for (auto* labels : {&truths[i], &predictions[i]}) *labels += 100 * i * (*labels > 0).to(torch::kInt32);
  }
  const Figures whole = figures_of(tally_objects(torch::cat(truths), torch::cat(predictions)));
  const Figures parts = figures_of(pooled);
  for (size_t i = 0; i < whole.ap.size(); ++i) EXPECT_NEAR(whole.ap[i], parts.ap[i], 1e-12);
  EXPECT_NEAR(whole.seg, parts.seg, 1e-12);
  EXPECT_NEAR(whole.aji, parts.aji, 1e-12);
  EXPECT_NEAR(whole.sbd, parts.sbd, 1e-12);
  EXPECT_NEAR(whole.ap_area, parts.ap_area, 1e-12);
}

TEST(ThresholdIndex, RefusesAThresholdThatIsNotCounted) { EXPECT_THROW(threshold_index(0.35), Error); }

}  // namespace
}  // namespace priorseg
