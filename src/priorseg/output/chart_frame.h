#pragma once

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/output/chart_axis.h"

namespace priorseg {

/// Okabe and Ito (2008), without yellow and black: those vanish on white and on black.
inline constexpr std::array<const char*, 6> kSeriesColours = {"#0072B2", "#D55E00", "#009E73",
                                                              "#CC79A7", "#E69F00", "#56B4E9"};

inline constexpr double kTooLarge = 1e300;  ///< beyond it, differences and sums of values overflow
/// Finite and small enough to be put on an axis.
inline bool drawable(double value) { return std::abs(value) < kTooLarge; }

/// Everything of a chart around its data: title, legend, axes, grid, notes. Lengths are SVG units ("px").
class ChartFrame {
 public:
  struct LegendEntry {
    std::string name;
    std::string colour;  ///< as CSS writes it
    std::string dashes;  ///< as SVG's stroke-dasharray, empty = solid
  };
  struct Texts {
    std::string title;
    std::string x_label;
    std::string y_label;
    std::string note;  ///< small print under the chart, may be empty
    std::vector<LegendEntry> legend;
    int head_rows = 0;  ///< rows of text that the data part needs over the plot
  };

  ChartFrame(ChartAxis x_axis, ChartAxis y_axis, Texts texts);

  double x(double value) const { return left_ + x_axis_.position(value) * (right_ - left_); }
  double y(double value) const { return bottom_ - y_axis_.position(value) * (bottom_ - top_); }
  double left() const { return left_; }
  double right() const { return right_; }
  double top() const { return top_; }
  double bottom() const { return bottom_; }

  /// The whole SVG around the drawn data.
  /// @param with_axes  false: no ticks, only the frame (a chart without data).
  std::string wrap(const std::string& data, bool with_axes = true) const;

 private:
  std::string legend() const;
  std::string axes() const;

  ChartAxis x_axis_, y_axis_;
  Texts texts_;
  std::vector<std::pair<double, double>> legend_places_;
  double left_, right_, top_, bottom_, height_;
};

/// A chart without data: title, axis names and the reason in the middle.
std::string empty_chart(ChartFrame::Texts texts, const std::string& why);

/// "3 values left out: <why>", empty for none.
std::string left_out_note(size_t count, const std::string& why);

/// A length or position in SVG: two decimals at most, a point whatever the locale.
std::string svg_number(double value);

/// `<text>` at (x, y); `anchor` is start, middle or end; `attributes` go into the tag as they are.
std::string svg_text(double x, double y, const std::string& anchor, const std::string& text,
                     const std::string& attributes = "");

/// `<line>`; `attributes` go into the tag as they are.
std::string svg_line(double x1, double y1, double x2, double y2, const std::string& attributes);

/// A text cut to `characters` at most, with an ellipsis where it was longer.
std::string shortened(const std::string& text, size_t characters);

}  // namespace priorseg
