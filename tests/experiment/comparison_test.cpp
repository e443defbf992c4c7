#include "priorseg/experiment/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "output/well_formed.h"

namespace priorseg {
namespace {

using test::markup_fault;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

ComparedSystem system_named(const std::string& name, double map, int64_t annotated) {
  ComparedSystem system;
  system.name = name;
  system.note = "learned from, say, \"images\" <of> a | kind";
  system.ap = {map + 0.1, map, map - 0.1};
  system.map = map;
  system.annotated = annotated;
  system.steps = 1500;
  system.training_seconds = 125;
  system.seed = 7;
  return system;
}

Comparison example() {
  Comparison comparison;
  comparison.title = "Nuclei & cells";
  comparison.facts = {"Trained on a to b (2).", "A quick look."};
  comparison.thresholds = {0.3, 0.5, 0.7};
  comparison.systems = {system_named("ours-synthetic", 0.6, 0), system_named("mrcnn-scratch-one", 0.2, 1),
                        system_named("mrcnn-scratch-5", 0.5, 5)};
  comparison.systems[1].losses = {
      {"loss", "class", "validation"}, {9, 19}, {{2.0, 1.0}, {0.5, 0.4}, {std::nan(""), 1.5}}, 0};
  comparison.published = {system_named("mrcnn-scratch-one", 0.4, 1)};
  comparison.published_source = "In italics: a publication.";
  comparison.budget = {"mrcnn-scratch-one", "mrcnn-scratch-5"};
  comparison.lines = {"ours-synthetic"};
  comparison.version = "1.2.3";
  comparison.command_line = "priorseg experiment <folder>";
  return comparison;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Comparison, CsvHasOneLineASystemThenThePublishedOnes) {
  const auto lines = lines_of(comparison_csv(example()));
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_EQ(lines[0],
            "system,source,annotated_images,steps,seed,training_seconds,AP_0.3,AP_0.5,AP_0.7,mAP,pooled_mAP,"
            "pooled_F1_0.5,note");
  EXPECT_EQ(lines[1],
            "ours-synthetic,measured,0,1500,7,125,0.700000,0.600000,0.500000,0.600000,,,\"learned from, say, "
            "\"\"images\"\" <of> a | kind\"");
  EXPECT_THAT(lines[4], HasSubstr("mrcnn-scratch-one,published,1,1500,,125,"));
}

TEST(Comparison, MarkdownHasTheTableOfThePaper) {
  const auto text = comparison_markdown(example());
  EXPECT_THAT(text, AllOf(HasSubstr("# Nuclei & cells\n"), HasSubstr("- A quick look.\n"),
                          HasSubstr("| system | .3 | .5 | .7 | mAP |\n|---|---|---|---|---|\n"),
                          HasSubstr("| ours-synthetic | 0.7000 | 0.6000 | 0.5000 | **0.6000** |\n"),
                          HasSubstr("| *mrcnn-scratch-one* | 0.5000 | 0.4000 | 0.3000 | 0.4000 |\n"),
                          HasSubstr("In italics: a publication."), HasSubstr("2 min 5 s | 7 |"),
                          HasSubstr("![AP over the IoU threshold](ap.svg)"),
                          HasSubstr("(learning/mrcnn-scratch-one.svg)")));
  EXPECT_THAT(text, Not(HasSubstr("panels.png")));
}

TEST(Comparison, SectionsOfWhatIsMissingAreLeftOut) {
  auto comparison = example();
  comparison.budget.clear();
  comparison.published.clear();
  for (auto& system : comparison.systems) system.losses = {};
  const auto text = comparison_markdown(comparison);
  EXPECT_THAT(text, Not(HasSubstr("budget")));
  EXPECT_THAT(text, Not(HasSubstr("Learning curves")));
  EXPECT_THAT(text, Not(HasSubstr("publication")));
  EXPECT_TRUE(learning_charts(comparison).empty());
}

TEST(Comparison, BudgetTableComparesWithTheLabelFreeLine) {
  EXPECT_THAT(
      comparison_markdown(example()),
      HasSubstr("| system | annotated images | mAP |\n|---|---|---|\n| ours-synthetic | 0 | 0.6000 |\n"
                "| mrcnn-scratch-one | 1 | 0.2000 |\n| mrcnn-scratch-5 | 5 | 0.5000 |\n"));
  const auto svg = budget_chart(example());
  EXPECT_THAT(svg, AllOf(HasSubstr("Mask R-CNN"), HasSubstr("ours-synthetic")));
  EXPECT_EQ(markup_fault(svg), "");
}

TEST(Comparison, ChartOfPrecisionLeavesOutTheInnerPointsOfTheBudget) {
  EXPECT_THAT(ap_chart(example()), AllOf(HasSubstr("mrcnn-scratch-one"), Not(HasSubstr("mrcnn-scratch-5"))));
}

TEST(Comparison, LearningChartsShowTrainingAndValidationLoss) {
  const auto charts = learning_charts(example());
  ASSERT_THAT(charts, SizeIs(1));
  EXPECT_EQ(charts[0].first, "mrcnn-scratch-one");
  EXPECT_THAT(charts[0].second,
              AllOf(HasSubstr("training loss"), HasSubstr("validation loss"), Not(HasSubstr("class<"))));
}

TEST(Comparison, HtmlIsWellFormedAndEscapesEveryText) {
  auto comparison = example();
  comparison.panels_png = "not really a PNG";
  const auto html = comparison_html(comparison);
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_THAT(html, AllOf(HasSubstr("Nuclei &amp; cells"), HasSubstr("&lt;folder&gt;"),
                          HasSubstr("data:image/png;base64,"), HasSubstr("(published)")));
}

TEST(Comparison, UnknownFiguresAreDashes) {
  auto comparison = example();
  comparison.systems[0].ap[1] = comparison.systems[0].map = std::nan("");
  EXPECT_THAT(comparison_markdown(comparison),
              HasSubstr("| ours-synthetic | 0.7000 | \xE2\x80\x93 | 0.5000 |"));
  EXPECT_THAT(comparison_csv(comparison), HasSubstr("0.700000,,0.500000,,"));
  EXPECT_EQ(markup_fault(comparison_html(comparison)), "");
}

TEST(Comparison, WithoutSystemsIsStillAPage) {
  EXPECT_EQ(markup_fault(comparison_html({})), "");
  EXPECT_THAT(lines_of(comparison_csv({})), SizeIs(1));
}

}  // namespace
}  // namespace priorseg
