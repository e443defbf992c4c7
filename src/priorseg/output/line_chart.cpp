#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "priorseg/core/error.h"
#include "priorseg/output/chart.h"
#include "priorseg/output/chart_frame.h"

namespace priorseg {
namespace {

constexpr std::array<const char*, 4> kDashes = {"", "7 3", "2 3", "9 3 2 3"};
constexpr size_t kMostPoints = 240;  // about one for every two units of width

/// Mean and spread of neighbouring points; NaN where a group has no drawable value.
struct Reduced {
  std::vector<double> x, mean, least, greatest;
};

Reduced reduce(const ChartSeries& series) {
  Reduced reduced;
  const size_t count = series.x.size();
  const size_t groups = std::min(count, kMostPoints);
  for (size_t group = 0; group < groups; ++group) {
    double x = 0, sum = 0, least = kTooLarge, greatest = -kTooLarge;
    size_t used = 0;
    for (size_t i = group * count / groups; i < (group + 1) * count / groups; ++i) {
      if (!drawable(series.x[i]) || !drawable(series.y[i])) continue;
      ++used;
      x += (series.x[i] - x) / static_cast<double>(used);
      sum += (series.y[i] - sum) / static_cast<double>(used);
      least = std::min(least, series.y[i]);
      greatest = std::max(greatest, series.y[i]);
    }
    const double none = std::numeric_limits<double>::quiet_NaN();
    reduced.x.push_back(used == 0 ? none : x);
    reduced.mean.push_back(used == 0 ? none : sum);
    reduced.least.push_back(used == 0 ? none : least);
    reduced.greatest.push_back(used == 0 ? none : greatest);
  }
  return reduced;
}

/// Runs [begin, end) of neighbouring points that can be joined.
std::vector<std::pair<size_t, size_t>> runs_of(const Reduced& points) {
  std::vector<std::pair<size_t, size_t>> runs;
  for (size_t i = 0; i < points.x.size(); ++i) {
    if (!drawable(points.mean[i])) continue;
    if (runs.empty() || runs.back().second != i) runs.emplace_back(i, i);
    runs.back().second = i + 1;
  }
  return runs;
}

std::string point_text(const ChartFrame& frame, double x, double y) {
  return svg_number(frame.x(x)) + "," + svg_number(frame.y(y)) + " ";
}

std::string draw_series(const ChartFrame& frame, const Reduced& points, const ChartFrame::LegendEntry& style,
                        bool with_band) {
  std::string svg;
  for (const auto& [begin, end] : runs_of(points)) {
    if (end - begin == 1) {
      svg += "<circle cx=\"" + svg_number(frame.x(points.x[begin])) + "\" cy=\"" +
             svg_number(frame.y(points.mean[begin])) + "\" r=\"3.5\" fill=\"" + style.colour + "\"/>\n";
      continue;
    }
    std::string upper, lower, line;
    for (size_t i = begin; i < end; ++i) {
      line += point_text(frame, points.x[i], points.mean[i]);
      upper += point_text(frame, points.x[i], points.greatest[i]);
    }
    for (size_t i = end; i-- > begin;) lower += point_text(frame, points.x[i], points.least[i]);
    if (with_band) {
      svg +=
          "<polygon points=\"" + upper + lower + "\" fill=\"" + style.colour + "\" fill-opacity=\"0.16\"/>\n";
    }
    svg += "<polyline points=\"" + line + "\" fill=\"none\" stroke=\"" + style.colour +
           "\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-dasharray=\"" +
           (style.dashes.empty() ? "none" : style.dashes) + "\"/>\n";
  }
  return svg;
}

/// Ranges of what is drawn, and how much is not.
struct Extent {
  double x_low = kTooLarge, x_high = -kTooLarge, y_low = kTooLarge, y_high = -kTooLarge;
  size_t not_finite = 0, not_positive = 0;

  void include(double x, double y) {
    x_low = std::min(x_low, x);
    x_high = std::max(x_high, x);
    y_low = std::min(y_low, y);
    y_high = std::max(y_high, y);
  }
};

/// What can be drawn of a series, with what cannot counted in `extent`.
Reduced prepare(ChartSeries series, const LineChartOptions& options, Extent& extent) {
  if (series.x.size() != series.y.size()) {
    throw Error("chart series '" + series.name + "' has " + std::to_string(series.x.size()) + " x and " +
                std::to_string(series.y.size()) + " y values, expected as many");
  }
  for (size_t i = 0; i < series.y.size(); ++i) {
    double& value = series.y[i];
    if (!drawable(series.x[i]) || !drawable(value)) {
      ++extent.not_finite;
    } else if ((options.log_y && value < 1 / kTooLarge) || (options.log_x && series.x[i] < 1 / kTooLarge)) {
      ++extent.not_positive;
      value = std::numeric_limits<double>::quiet_NaN();
    } else {
      extent.include(series.x[i], value);
    }
  }
  return reduce(series);
}

}  // namespace

std::string line_chart(const std::vector<ChartSeries>& series, const LineChartOptions& options) {
  ChartFrame::Texts texts{options.title, options.x_label, options.y_label, "", {}, 0};
  std::vector<Reduced> reduced;
  Extent extent;
  for (const auto& line : series) {
    reduced.push_back(prepare(line, options, extent));
    const size_t index = texts.legend.size();
    texts.legend.push_back(
        {line.name, kSeriesColours[index % kSeriesColours.size()], kDashes[index % kDashes.size()]});
  }
  texts.note = left_out_note(extent.not_finite, "not finite");
  const std::string also = left_out_note(extent.not_positive, "not above 0 on a logarithmic axis");
  texts.note += (texts.note.empty() || also.empty() ? "" : "; ") + also;
  if (extent.x_low > extent.x_high) return empty_chart(std::move(texts), "no values");

  const auto legend = texts.legend;
  const ChartFrame frame(options.log_x ? log_axis(extent.x_low, extent.x_high)
                                       : linear_axis(extent.x_low, extent.x_high, 6, false),
                         options.log_y ? log_axis(extent.y_low, extent.y_high)
                                       : linear_axis(extent.y_low, extent.y_high, 5, true),
                         std::move(texts));
  std::string data;
  for (size_t i = 0; i < reduced.size(); ++i) {
    data += draw_series(frame, reduced[i], legend[i], series[i].x.size() > kMostPoints);
  }
  return frame.wrap(data);
}

}  // namespace priorseg
