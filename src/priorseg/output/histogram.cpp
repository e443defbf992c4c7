#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include "priorseg/output/chart.h"
#include "priorseg/output/chart_frame.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

struct Bins {
  double start = 0;
  double width = 1;
  std::vector<int64_t> counts;
};

/// Bars of round width over `values` (sorted, not empty).
Bins make_bins(const std::vector<double>& values, const HistogramOptions& options) {
  const double low = std::min(values.front(), options.low.value_or(values.front()));
  const double high = std::max(values.back(), options.high.value_or(values.back()));
  const auto count = static_cast<double>(values.size());
  const double quartiles = values[values.size() * 3 / 4] - values[values.size() / 4];
  double wanted = quartiles > 0 ? 2 * quartiles / std::cbrt(count) : (high - low) / (1 + std::log2(count));
  wanted = std::clamp(wanted, (high - low) / 40, (high - low) / 8);
  const bool constant = high - low <= std::abs(high) * 1e-9;
  if (constant) wanted = high == 0 ? 1 : std::abs(high) * 0.1;
  Bins bins;
  constexpr double kNearest = 0.65;  // round_step goes up: this makes it go to the nearest round width
  bins.width = round_step(options.whole_numbers ? std::max(1.0, kNearest * wanted) : kNearest * wanted);
  bins.start = std::floor(low / bins.width + 1e-9) * bins.width;
  double end = high;
  if (constant) bins.start = low - bins.width / 2;
  if (options.whole_numbers) {
    bins.start = std::floor(low / bins.width + 1e-9) * bins.width - 0.5;
    end += 0.5;
  }
  const auto bars =
      std::max<int64_t>(1, static_cast<int64_t>(std::ceil((end - bins.start) / bins.width - 1e-9)));
  bins.counts.assign(static_cast<size_t>(bars), 0);
  for (const double value : values) {
    const auto bar = static_cast<int64_t>((value - bins.start) / bins.width + 1e-9);
    ++bins.counts[static_cast<size_t>(
        std::clamp<int64_t>(bar, 0, bars - 1))];  // the greatest value closes the last bar
  }
  return bins;
}

std::string draw_bars(const ChartFrame& frame, const Bins& bins, const HistogramOptions& options) {
  std::string svg;
  for (size_t i = 0; i < bins.counts.size(); ++i) {
    if (bins.counts[i] == 0) continue;
    const double begin = bins.start + static_cast<double>(i) * bins.width;
    const double end = begin + bins.width;
    std::string range = short_number(begin) + " to " + short_number(end);
    if (options.whole_numbers) {
      range = short_number(begin + 0.5) + (bins.width > 1 ? " to " + short_number(end - 0.5) : "");
    }
    const double top = frame.y(static_cast<double>(bins.counts[i]));
    svg += "<rect x=\"" + svg_number(frame.x(begin) + 0.5) + "\" y=\"" + svg_number(top) + "\" width=\"" +
           svg_number(std::max(1.0, frame.x(end) - frame.x(begin) - 1)) + "\" height=\"" +
           svg_number(frame.bottom() - top) + "\" fill=\"" + kSeriesColours[0] + "\"><title>" +
           escape_markup(range + ": " + fixed_number(static_cast<double>(bins.counts[i]), 0)) +
           "</title></rect>\n";
  }
  return svg;
}

std::string draw_markers(const ChartFrame& frame, const std::vector<ChartMarker>& markers) {
  std::string svg;
  for (size_t i = 0; i < markers.size(); ++i) {
    const double at = frame.x(markers[i].value);
    const double row = frame.top() - 6 - 20.0 * static_cast<double>(markers.size() - 1 - i);
    const bool left_half = at < (frame.left() + frame.right()) / 2;
    svg += svg_line(
        at, row - 10, at, frame.bottom(),
        "stroke=\"currentColor\" stroke-opacity=\"0.75\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"");
    svg += svg_text(left_half ? at + 5 : at - 5, row, left_half ? "start" : "end",
                    shortened(markers[i].label, 40));
  }
  return svg;
}

}  // namespace

double median_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return *std::max_element(values.begin(), middle) / 2 + *middle / 2;
}

std::string histogram(const std::vector<double>& values, const HistogramOptions& options) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted), drawable);
  std::sort(sorted.begin(), sorted.end());
  ChartFrame::Texts texts{options.title, options.x_label, options.y_label, "", {}, 0};
  texts.note = left_out_note(values.size() - sorted.size(), "not finite");
  if (sorted.empty()) return empty_chart(std::move(texts), "no values");

  std::vector<ChartMarker> markers = options.markers;
  std::erase_if(markers, [](const ChartMarker& marker) { return !drawable(marker.value); });
  if (options.show_median)
    markers.push_back({median_of(sorted), "median " + short_number(median_of(sorted))});
  texts.head_rows = static_cast<int>(markers.size());
  const Bins bins = make_bins(sorted, options);
  double low = bins.start;
  double high = bins.start + static_cast<double>(bins.counts.size()) * bins.width;
  for (const auto& marker : markers) {
    low = std::min(low, marker.value);
    high = std::max(high, marker.value);
  }
  const auto most = static_cast<double>(*std::max_element(bins.counts.begin(), bins.counts.end()));
  const ChartFrame frame(linear_axis(low, high, 8, false, options.whole_numbers ? 1 : 0),
                         linear_axis(0, most, 5, true, 1), std::move(texts));
  return frame.wrap(draw_bars(frame, bins, options) + draw_markers(frame, markers));
}

}  // namespace priorseg
