#include "priorseg/output/chart.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "priorseg/core/error.h"
#include "priorseg/output/chart_axis.h"
#include "well_formed.h"

namespace priorseg {
namespace {

using test::count_of;
using test::markup_fault;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A number that JavaScript and SVG cannot read would blank the whole shape.
void expect_sound(const std::string& svg) {
  EXPECT_EQ(markup_fault(svg), "");
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("\"nan")), Not(HasSubstr("\"inf")), Not(HasSubstr("nan,")),
                         Not(HasSubstr(",nan")), Not(HasSubstr("\"-nan"))));
}

TEST(WellFormed, CheckOfTheseTestsFindsFaults) {
  EXPECT_EQ(
      markup_fault("<!DOCTYPE html><p class=\"a\">a &lt; b<br /></p><script>if (a < b && c > d) {}</script>"),
      "");
  for (const char* bad : {"<p><b></p></b>", "<p>", "</p>", "<p class=a></p>", "<p>a < b</p>", "<p>a > b</p>",
                          "<p>a & b</p>", "<p title=\"<b>\"></p>"}) {
    EXPECT_NE(markup_fault(bad), "") << bad;
  }
}

TEST(LinearAxis, PutsTicksAtRoundNumbers) {
  const ChartAxis axis = linear_axis(0.13, 0.92, 5, true);
  EXPECT_THAT(axis.tick_labels, ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_DOUBLE_EQ(axis.low, 0);
  EXPECT_DOUBLE_EQ(axis.high, 1);
}

TEST(LinearAxis, KeepsItsRangeUnlessExtended) {
  const ChartAxis axis = linear_axis(3, 1499, 6, false);
  EXPECT_DOUBLE_EQ(axis.low, 3);
  EXPECT_DOUBLE_EQ(axis.high, 1499);
  EXPECT_THAT(axis.tick_labels, ElementsAre("500", "1,000"));
}

TEST(LinearAxis, HandlesAnyFiniteRange) {
  const std::vector<std::pair<double, double>> ranges = {{0, 0},           {5, 5},          {-3, -3},
                                                         {1e-300, 2e-300}, {-1e299, 1e299}, {1e12, 1e12 + 1},
                                                         {0, 1e-15},       {1, 1 + 1e-15}};
  for (const auto& [low, high] : ranges) {
    const ChartAxis axis = linear_axis(low, high, 5, true);
    EXPECT_LT(axis.low, axis.high) << low;
    EXPECT_LE(axis.low, low);
    EXPECT_GE(axis.high, high);
    EXPECT_GE(axis.ticks.size(), 2U) << low;
    EXPECT_LE(axis.ticks.size(), 15U) << low;
    EXPECT_EQ(std::set<std::string>(axis.tick_labels.begin(), axis.tick_labels.end()).size(),
              axis.ticks.size())
        << low;
  }
}

TEST(LinearAxis, KeepsCountsWhole) {
  EXPECT_THAT(linear_axis(0, 2, 5, true, 1).tick_labels, ElementsAre("0", "1", "2"));
}

TEST(LogAxis, CoversTheRangeWithDecades) {
  const ChartAxis axis = log_axis(0.02, 300);
  EXPECT_THAT(axis.tick_labels, ElementsAre("0.01", "0.1", "1", "10", "100", "1,000"));
  EXPECT_NEAR(axis.position(0.01), 0, 1e-12);
  EXPECT_NEAR(axis.position(1000), 1, 1e-12);
  EXPECT_NEAR(axis.position(1), 0.4, 1e-12);
}

TEST(LogAxis, HandlesConstantAndExtremeValues) {
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{7, 7}, {1e-299, 1e299}, {1, 2}, {1, 10}}) {
    const ChartAxis axis = log_axis(low, high);
    EXPECT_TRUE(axis.position(low) >= -1e-9 && axis.position(high) <= 1 + 1e-9) << low;
    EXPECT_GE(axis.ticks.size(), 2U) << low;
    EXPECT_LE(axis.ticks.size(), 12U) << low;
  }
}

TEST(LineChart, DrawsALineAndALegendEntryForEachSeries) {
  const std::string svg = line_chart({{"edge", {0, 1, 2}, {1, 0.5, 0.2}}, {"KL", {0, 1, 2}, {3, 2, 1}}},
                                     {"Detector", "Training step", "Loss"});
  expect_sound(svg);
  EXPECT_EQ(count_of(svg, "<polyline"), 2U);
  EXPECT_THAT(svg, AllOf(HasSubstr(">edge</text>"), HasSubstr(">KL</text>"), HasSubstr(">Detector</text>"),
                         HasSubstr(">Training step</text>"), HasSubstr(">Loss</text>")));
}

TEST(LineChart, SaysThatThereAreNoValues) {
  for (const auto& series :
       std::vector<std::vector<ChartSeries>>{{}, {{"loss", {}, {}}}, {{"loss", {1}, {kNan}}}}) {
    const std::string svg = line_chart(series, {"Loss", "Step", "Loss"});
    expect_sound(svg);
    EXPECT_THAT(svg, HasSubstr(">no values</text>"));
  }
}

TEST(LineChart, InterruptsTheLineAtValuesThatAreNotFinite) {
  const std::string svg =
      line_chart({{"loss", {0, 1, 2, 3, 4, 5, 6}, {1, 2, kNan, 4, 5, kInfinity, 3}}}, {"", "Step", "Loss"});
  expect_sound(svg);
  EXPECT_EQ(count_of(svg, "<polyline"), 2U);
  EXPECT_EQ(count_of(svg, "<circle"), 1U);  // the point left alone at the end
  EXPECT_THAT(svg, HasSubstr("2 values left out: not finite"));
}

TEST(LineChart, DrawsConstantSeriesAndSinglePoints) {
  const std::string constant = line_chart({{"a", {0, 1}, {0, 0}}}, {"", "x", "y"});
  expect_sound(constant);
  EXPECT_EQ(count_of(constant, "<polyline"), 1U);
  const std::string single = line_chart({{"a", {7}, {0.5}}}, {"", "x", "y", true});
  expect_sound(single);
  EXPECT_EQ(count_of(single, "<circle"), 1U);
}

TEST(LineChart, LeavesOutWhatALogarithmicAxisCannotShow) {
  const std::string svg = line_chart({{"a", {0, 1, 2, 3}, {1, 10, 0, -5}}}, {"", "x", "y", true});
  expect_sound(svg);
  EXPECT_THAT(svg, HasSubstr("2 values left out: not above 0"));
}

TEST(LineChart, LogarithmicXAxisHasDecadesAtEqualDistances) {
  LineChartOptions options{"", "Annotated images", "mAP"};
  options.log_x = true;
  const std::string svg = line_chart({{"a", {1, 10, 100, 0}, {0.1, 0.2, 0.3, 0.4}}}, options);
  expect_sound(svg);
  EXPECT_THAT(svg, AllOf(HasSubstr(">1</text>"), HasSubstr(">10</text>"), HasSubstr(">100</text>"),
                         HasSubstr("1 value left out")));
  const size_t begin = svg.find("<polyline points=\"") + 18;
  std::istringstream points(svg.substr(begin, svg.find('"', begin) - begin));
  std::vector<double> x;
  for (std::string point; points >> point;) x.push_back(std::stod(point));
  ASSERT_EQ(x.size(), 3U);
  EXPECT_NEAR(x[1] - x[0], x[2] - x[1], 0.02);
}

TEST(LineChart, DrawsLongSeriesAsMeanAndBand) {
  ChartSeries series{"loss", {}, {}};
  for (int i = 0; i < 50000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i % 2);
  }
  const std::string svg = line_chart({series}, {"", "Step", "Loss"});
  expect_sound(svg);
  EXPECT_EQ(count_of(svg, "<polygon"), 1U);
  EXPECT_LT(svg.size(), 30000U);
}

TEST(LineChart, EscapesEveryText) {
  const std::string bad = "<b>&\"'</b>";
  const std::string svg = line_chart({{bad, {1, 2}, {1, 2}}}, {bad, bad, bad});
  expect_sound(svg);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
}

TEST(LineChart, RejectsSeriesOfUnequalLength) {
  try {
    line_chart({{"loss", {1, 2}, {1}}}, {});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "chart series 'loss' has 2 x and 1 y values, expected as many");
  }
}

TEST(Histogram, CountsEveryValueOnce) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(std::fmod(i * 0.6180339, 1.0));
  values.push_back(1.0);  // on the upper end of the given range
  const std::string svg = histogram(values, {"Score", "Score", "Objects", false, 0.0, 1.0, {}, false});
  expect_sound(svg);
  size_t sum = 0;
  for (size_t at = svg.find("<title>"); at != std::string::npos; at = svg.find("<title>", at + 1)) {
    const size_t colon = svg.find(": ", at);
    sum += std::stoul(svg.substr(colon + 2));
  }
  EXPECT_EQ(sum, values.size());
}

TEST(Histogram, PutsBarsOverWholeNumbers) {
  const std::string svg = histogram({1, 2, 2, 3, 3, 3}, {"Objects per image", "Objects", "Images", true});
  expect_sound(svg);
  EXPECT_THAT(svg, AllOf(HasSubstr("<title>1: 1</title>"), HasSubstr("<title>2: 2</title>"),
                         HasSubstr("<title>3: 3</title>"), HasSubstr(">median 2.5</text>")));
}

TEST(Histogram, HandlesNoOneAndEqualValues) {
  EXPECT_THAT(histogram({}, {"Size", "px", "Objects"}), HasSubstr(">no values</text>"));
  EXPECT_THAT(histogram({kNan, -kInfinity}, {"Size", "px", "Objects"}),
              HasSubstr("2 values left out: not finite"));
  for (const double value : {0.0, 1.0, -3.5, 1e-200, 1e200}) {
    for (const bool whole : {false, value == std::floor(value) && std::abs(value) < 10}) {
      const std::string svg = histogram({value, value, kNan}, {"Size", "px", "Objects", whole});
      expect_sound(svg);
      EXPECT_EQ(count_of(svg, "<rect"), 1U) << value;
    }
  }
}

TEST(Histogram, WidensItsAxisToMarkers) {
  const std::string svg =
      histogram({10, 11, 12, 20}, {"Size", "px", "Objects", false, {}, {}, {{60, "largest size"}}, true});
  expect_sound(svg);
  EXPECT_THAT(svg, AllOf(HasSubstr(">60</text>"), HasSubstr(">largest size</text>")));
}

TEST(Histogram, StaysSmallForOutliers) {
  std::vector<double> values(10000, 20.0);
  for (size_t i = 0; i < values.size(); ++i) values[i] += static_cast<double>(i % 7) * 0.1;
  values.push_back(1e6);
  const std::string svg = histogram(values, {"Size", "px", "Objects"});
  expect_sound(svg);
  EXPECT_LE(count_of(svg, "<rect"), 64U);
}

TEST(Median, IgnoresValuesThatAreNotFinite) {
  EXPECT_DOUBLE_EQ(median_of({3, kNan, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median_of({4, 1, 2, 3}), 2.5);
  EXPECT_TRUE(std::isnan(median_of({kNan})));
}

}  // namespace
}  // namespace priorseg
