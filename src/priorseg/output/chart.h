#pragma once

#include <optional>
#include <string>
#include <vector>

namespace priorseg {

// Small self-contained SVG pictures as text, to be put into an HTML page as they are. Text and axes take the
// colour of the surrounding text (currentColor), so that they are readable on light and on dark pages; the
// series have the colours of Okabe and Ito, which colour-blind people tell apart, and differ in their dashes
// too. Every text is escaped.

/// One line of a chart: points (x[i], y[i]), as many x as y.
struct ChartSeries {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;  ///< a value that is not finite interrupts the line
};

struct LineChartOptions {
  std::string title;
  std::string x_label;  ///< with its unit, e.g. "Step"
  std::string y_label;
  bool log_y = false;  ///< logarithmic y axis; values <= 0 cannot be shown there and are left out with a note
  bool log_x = false;  ///< the same of the x axis
};

/// A line chart with a grid, ticks at round numbers and a legend. A series of more than 240 points is drawn
/// as the mean of neighbouring points over a band from their least to their greatest. Without any point a
/// frame with a note.
/// @throws Error where a series has not as many x as y.
std::string line_chart(const std::vector<ChartSeries>& series, const LineChartOptions& options);

/// A dashed vertical line at a value that helps to read a histogram.
struct ChartMarker {
  double value = 0;
  std::string label;
};

struct HistogramOptions {
  std::string title;
  std::string x_label;              ///< with its unit, e.g. "Object diameter (px)"
  std::string y_label;              ///< what is counted, e.g. "Objects"
  bool whole_numbers = false;       ///< the values are counts: bars stand over whole numbers
  std::optional<double> low = {};   ///< the x axis begins at least here
  std::optional<double> high = {};  ///< the x axis ends at least here
  std::vector<ChartMarker> markers = {};
  bool show_median = true;
};

/// A histogram with bars of round width (about 8 to 60 of them, by the rule of Freedman and Diaconis). Values
/// that are not finite are left out with a note. Without any value a frame with a note.
std::string histogram(const std::vector<double>& values, const HistogramOptions& options);

/// Median of the finite values; NaN if there is none.
double median_of(std::vector<double> values);

}  // namespace priorseg
