#include "priorseg/eval/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tiny_maps.h"

namespace priorseg {
namespace {

using test::label_map;
using testing::HasSubstr;

ScoreReport example_scores() {
  ScoreReport report;
  const Tally good = tally_objects(label_map({"1122"}), label_map({"3344"}));
  const Tally half = tally_objects(label_map({"11.."}), label_map({"1122"}));
  const Tally empty = tally_objects(label_map({"...."}), label_map({"...."}));
  report.images = {
      {"a, b", "p/a.tif", "t/a.tif", good}, {"c", "p/c.tif", "t/c.tif", half}, {"d", "p/d", "t/d", empty}};
  report.failed = {{"e", "cannot read"}};
  report.unpaired = {"p/f.tif"};
  return report;
}

TEST(ScoreJson, HoldsAveragedPooledAndImageFigures) {
  const auto json = nlohmann::json::parse(score_json(example_scores()));
  EXPECT_EQ(json.at("num_images"), 3);
  EXPECT_DOUBLE_EQ(json.at("averaged").at("AP").at("0.5").get<double>(), (1 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(json.at("pooled").at("AP").at("0.95").get<double>(), 3.0 / 4);
  EXPECT_EQ(json.at("pooled").at("TP").at("0.5"), 3);
  EXPECT_EQ(json.at("pooled").at("FP").at("0.3"), 1);
  EXPECT_EQ(json.at("pooled").at("FN").at("0.55"), 0);
  EXPECT_EQ(json.at("images").at(1).at("name"), "c");
  EXPECT_EQ(json.at("images").at(1).at("predicted_objects"), 2);
  EXPECT_DOUBLE_EQ(json.at("images").at(1).at("mAP_0.3_0.9").get<double>(), 0.5);
  EXPECT_EQ(json.at("failed").at(0).at("error"), "cannot read");
  EXPECT_EQ(json.at("predictions_without_truth").at(0), "p/f.tif");
}

TEST(ScoreJson, WritesNullWhereAFigureIsNotDefined) {
  const auto json = nlohmann::json::parse(score_json(example_scores()));
  EXPECT_TRUE(json.at("images").at(2).at("AJI").is_null());
  EXPECT_TRUE(json.at("images").at(2).at("AP").at("0.5").is_null());
}

TEST(ScoreCsv, HasAsManyCellsInEveryLine) {
  std::istringstream lines(score_csv(example_scores()));
  std::string line;
  std::getline(lines, line);
  const auto commas = std::count(line.begin(), line.end(), ',');
  EXPECT_THAT(line, HasSubstr("AP_0.3,AP_0.4,AP_0.5,AP_0.55"));
  std::getline(lines, line);
  EXPECT_THAT(line, testing::StartsWith("\"a, b\",2,2,2,0,0,1.000000"));
  EXPECT_EQ(std::count(line.begin(), line.end(), ','), commas + 1);  // one stands in the quoted name
  std::getline(lines, line);
  EXPECT_EQ(std::count(line.begin(), line.end(), ','), commas);
  std::getline(lines, line);
  EXPECT_THAT(line, testing::StartsWith("d,0,0,0,0,0,,,"));
}

TEST(ScoreTable, ShowsAveragedBesidePooled) {
  const std::string table = score_table(example_scores());
  EXPECT_THAT(table, HasSubstr("AP(0.5)            0.750000   0.750000\n"));
  EXPECT_THAT(table, HasSubstr("TP(0.5)                              3\n"));
  EXPECT_THAT(table, HasSubstr("images not scored 1"));
}

TEST(ScoreTable, ShowsADashWhereNothingIsDefined) {
  ScoreReport report;
  report.images = {{"d", "p/d", "t/d", tally_objects(label_map({"."}), label_map({"."}))}};
  EXPECT_THAT(score_table(report), HasSubstr("SEG                       -          -\n"));
}

}  // namespace
}  // namespace priorseg
