#include "priorseg/output/chart_frame.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

constexpr double kWidth = 440;
constexpr double kPlotHeight = 200;
constexpr double kCharacter = 7.4;  // mean width of a character at the font size of 13 used everywhere
constexpr double kDigit = 8.2;      // the same of digits, which are wider in some fonts
constexpr double kRow = 20;
constexpr size_t kLongestName = 36;

size_t characters_of(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

double text_width(const std::string& text) { return kCharacter * static_cast<double>(characters_of(text)); }

double number_width(const std::string& text) { return kDigit * static_cast<double>(characters_of(text)); }

}  // namespace

std::string svg_number(double value) {
  if (!std::isfinite(value)) value = 0;
  std::array<char, 400> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 2).ptr;
  std::string text(buffer.data(), end);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string svg_text(double x, double y, const std::string& anchor, const std::string& text,
                     const std::string& attributes) {
  return "<text x=\"" + svg_number(x) + "\" y=\"" + svg_number(y) + "\" text-anchor=\"" + anchor + "\" " +
         attributes + ">" + escape_markup(text) + "</text>\n";
}

std::string svg_line(double x1, double y1, double x2, double y2, const std::string& attributes) {
  return "<line x1=\"" + svg_number(x1) + "\" y1=\"" + svg_number(y1) + "\" x2=\"" + svg_number(x2) +
         "\" y2=\"" + svg_number(y2) + "\" " + attributes + "/>\n";
}

std::string shortened(const std::string& text, size_t characters) {
  if (characters_of(text) <= characters) return text;
  size_t end = 0;
  for (size_t count = 0; end < text.size(); ++end) {
    if ((text[end] & 0xC0) != 0x80 && ++count == characters) break;
  }
  return text.substr(0, end) + "\xE2\x80\xA6";
}

ChartFrame::ChartFrame(ChartAxis x_axis, ChartAxis y_axis, Texts texts)
    : x_axis_(std::move(x_axis)), y_axis_(std::move(y_axis)), texts_(std::move(texts)) {
  double widest_label = 0;
  for (const auto& label : y_axis_.tick_labels) widest_label = std::max(widest_label, number_width(label));
  left_ = 34 + widest_label;
  right_ = kWidth - 18;
  if (!x_axis_.tick_labels.empty())
    right_ = std::min(right_, kWidth - number_width(x_axis_.tick_labels.back()) / 2);
  double row = texts_.title.empty() ? 8 : 34;
  double place = left_;
  for (auto& entry : texts_.legend) {
    entry.name = shortened(entry.name, kLongestName);
    const double width = 30 + text_width(entry.name) + 16;
    if (place + width > kWidth && place > left_) {
      place = left_;
      row += kRow;
    }
    legend_places_.emplace_back(place, row);
    place += width;
  }
  if (!texts_.legend.empty()) row += kRow;
  top_ = row + 8 + kRow * texts_.head_rows;
  bottom_ = top_ + kPlotHeight;
  height_ = bottom_ + 48 + (texts_.note.empty() ? 0 : kRow);
}

std::string ChartFrame::legend() const {
  std::string svg;
  for (size_t i = 0; i < texts_.legend.size(); ++i) {
    const auto& [name, colour, dashes] = texts_.legend[i];
    const auto& [x, y] = legend_places_[i];
    svg += svg_line(x, y + 8, x + 24, y + 8,
                    "stroke=\"" + colour + "\" stroke-width=\"2.5\" stroke-dasharray=\"" +
                        (dashes.empty() ? "none" : dashes) + "\"");
    svg += svg_text(x + 30, y + 12.5, "start", name);
  }
  return svg;
}

std::string ChartFrame::axes() const {
  std::string svg;
  const std::string grid = "stroke=\"currentColor\" stroke-opacity=\"0.14\"";
  for (size_t i = 0; i < y_axis_.ticks.size(); ++i) {
    const double at = y(y_axis_.ticks[i]);
    svg += svg_line(left_, at, right_, at, grid);
    svg += svg_text(left_ - 7, at + 4.5, "end", y_axis_.tick_labels[i], "fill-opacity=\"0.8\"");
  }
  double last_label_end = -1e9;
  for (size_t i = 0; i < x_axis_.ticks.size(); ++i) {
    const double at = x(x_axis_.ticks[i]);
    svg += svg_line(at, bottom_, at, bottom_ + 5, "stroke=\"currentColor\" stroke-opacity=\"0.5\"");
    const double half = number_width(x_axis_.tick_labels[i]) / 2;
    if (at - half < last_label_end + 8) continue;  // long numbers would run into each other
    svg += svg_text(at, bottom_ + 20, "middle", x_axis_.tick_labels[i], "fill-opacity=\"0.8\"");
    last_label_end = at + half;
  }
  return svg;
}

std::string ChartFrame::wrap(const std::string& data, bool with_axes) const {
  const std::string name =
      escape_markup(texts_.title.empty() ? texts_.y_label + " / " + texts_.x_label : texts_.title);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + svg_number(kWidth) + " " +
                    svg_number(height_) + "\" role=\"img\" aria-label=\"" + name +
                    "\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"currentColor\">\n";
  if (!texts_.title.empty()) {
    svg += svg_text(6, 20, "start", texts_.title, "font-size=\"15\" font-weight=\"600\"");
  }
  svg += legend();
  if (with_axes) svg += axes();
  svg += data;
  svg += svg_line(left_, bottom_, right_, bottom_, "stroke=\"currentColor\" stroke-opacity=\"0.6\"");
  svg += svg_text((left_ + right_) / 2, bottom_ + 40, "middle", texts_.x_label);
  const std::string middle = svg_number((top_ + bottom_) / 2);
  svg += svg_text(14, (top_ + bottom_) / 2, "middle", texts_.y_label,
                  "transform=\"rotate(-90 14 " + middle + ")\"");
  if (!texts_.note.empty()) {
    svg += svg_text(left_, bottom_ + 62, "start", texts_.note, "font-size=\"12\" fill-opacity=\"0.75\"");
  }
  return svg + "</svg>\n";
}

std::string empty_chart(ChartFrame::Texts texts, const std::string& why) {
  const ChartFrame frame(ChartAxis{}, ChartAxis{}, std::move(texts));
  return frame.wrap(svg_text((frame.left() + frame.right()) / 2, (frame.top() + frame.bottom()) / 2, "middle",
                             why, "fill-opacity=\"0.7\""),
                    false);
}

std::string left_out_note(size_t count, const std::string& why) {
  return count == 0 ? "" : counted(static_cast<int64_t>(count), "value", "values") + " left out: " + why;
}

}  // namespace priorseg
