#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "priorseg/eval/matching.h"
#include "priorseg/eval/scores.h"
#include "support/test_data.h"

// What the public reference implementations give for pairs of real label maps.
namespace priorseg {
namespace {

constexpr double kPrinted = 6e-7;  // expected.json has six digits

torch::Tensor read_labels(const std::filesystem::path& path) {
  cv::Mat image = cv::imread(path.string(), cv::IMREAD_UNCHANGED);
  if (image.empty() || image.channels() != 1) throw std::runtime_error("no label map: " + path.string());
  image.convertTo(image, CV_32S);
  return torch::from_blob(image.data, {image.rows, image.cols}, torch::kInt32).clone();
}

struct Vector {
  std::string name;
  nlohmann::json expected;
  LabelOverlaps overlaps;
};

std::vector<Vector> read_vectors() {
  const auto folder = test::test_data() / "metric-vectors";
  std::ifstream file(folder / "expected.json");
  if (test::test_data().empty() || !file) return {};
  std::vector<Vector> vectors;
  const auto json = nlohmann::json::parse(file);
  for (const auto& [name, expected] : json.at("cases").items()) {
    const auto truth = read_labels(folder / expected.at("truth").get<std::string>());
    const auto predicted = read_labels(folder / expected.at("prediction").get<std::string>());
    vectors.push_back({name, expected, count_overlaps(truth, predicted)});
  }
  return vectors;
}

class MetricVectors : public testing::Test {
 protected:
  void SetUp() override {
    if (vectors_.empty())
      GTEST_SKIP() << "no folder metric-vectors in the test data (set PRIORSEG_TEST_DATA)";
  }
  const std::vector<Vector> vectors_ = read_vectors();
};

TEST_F(MetricVectors, CountsAgreeWithTheReference) {
  for (const auto& [name, expected, overlaps] : vectors_) {
    SCOPED_TRACE(name);
    const Tally tally = tally_objects(overlaps);
    EXPECT_EQ(tally.num_truth, expected.at("n_truth").get<int64_t>());
    EXPECT_EQ(tally.num_predicted, expected.at("n_pred").get<int64_t>());
    const auto thresholds = expected.at("thresholds").get<std::vector<double>>();
    for (size_t i = 0; i < thresholds.size(); ++i) {
      SCOPED_TRACE(thresholds[i]);
      const size_t at = threshold_index(thresholds[i]);
      EXPECT_EQ(tally.true_positives[at], expected.at("tp")[i].get<int64_t>());
      EXPECT_EQ(tally.false_positives(at), expected.at("fp")[i].get<int64_t>());
      EXPECT_EQ(tally.false_negatives(at), expected.at("fn")[i].get<int64_t>());
    }
  }
}

TEST_F(MetricVectors, FiguresAgreeWithTheReference) {
  for (const auto& [name, expected, overlaps] : vectors_) {
    SCOPED_TRACE(name);
    const Figures figures = figures_of(tally_objects(overlaps));
    const auto thresholds = expected.at("thresholds").get<std::vector<double>>();
    for (size_t i = 0; i < thresholds.size(); ++i) {
      SCOPED_TRACE(thresholds[i]);
      const size_t at = threshold_index(thresholds[i]);
      EXPECT_NEAR(figures.ap[at], expected.at("ap")[i].get<double>(), kPrinted);
      EXPECT_NEAR(figures.f1[at], expected.at("f1")[i].get<double>(), kPrinted);
      EXPECT_NEAR(figures.pq[at], expected.at("pq")[i].get<double>(), kPrinted);
    }
    EXPECT_NEAR(figures.map_paper, expected.at("mAP").get<double>(), kPrinted);
    EXPECT_NEAR(figures.seg, expected.at("ctc_seg").get<double>(), 1e-6);
    EXPECT_NEAR(figures.aji, expected.at("AJI").get<double>(), 1e-6);
    EXPECT_NEAR(figures.sbd, expected.at("SBD").get<double>(), 1e-6);
    EXPECT_NEAR(figures.sorted_ap, expected.at("sortedAP_repo").get<double>(), 0.002);
  }
}

TEST_F(MetricVectors, DropsTellTheNumberOfMatchesAtEveryThreshold) {
  for (const auto& [name, expected, overlaps] : vectors_) {
    SCOPED_TRACE(name);
    const auto drops = match_drops(overlaps);
    for (const double threshold : {0.001, 0.05, 0.1, 0.2, 0.3, 0.45, 0.5, 0.62, 0.8, 0.97, 1.0}) {
      SCOPED_TRACE(threshold);
      const auto count = std::count_if(drops.begin(), drops.end(),
                                       [&](double iou) { return iou >= threshold - kIouTolerance; });
      EXPECT_EQ(count, std::ssize(match_objects(overlaps, threshold)));
    }
  }
}

}  // namespace
}  // namespace priorseg
