#include "priorseg/output/report.h"

#include <algorithm>
#include <cmath>

#include "priorseg/core/atomic_file.h"
#include "priorseg/output/chart.h"
#include "priorseg/output/html_page.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

struct Totals {
  int64_t images = 0;  ///< without the failed ones
  int64_t failed = 0;
  int64_t objects = 0;
  double seconds = 0;
  double median_diameter = 0;  ///< px, NaN if unknown
  std::vector<double> counts;  ///< objects of each image that did not fail
};

Totals totals_of(const Report& report) {
  Totals totals;
  for (const auto& image : report.images) {
    totals.seconds += std::isfinite(image.seconds) ? image.seconds : 0;
    if (!image.failure.empty()) {
      ++totals.failed;
      continue;
    }
    ++totals.images;
    totals.objects += image.objects;
    totals.counts.push_back(static_cast<double>(image.objects));
  }
  if (std::isfinite(report.seconds)) totals.seconds = report.seconds;
  totals.median_diameter = median_of(report.object_diameters);
  return totals;
}

/// Lengths of the report in the unit that it shows them in.
struct LengthUnit {
  double scale;      ///< units in a pixel
  std::string name;  ///< "px" or "µm"

  explicit LengthUnit(const Report& report)
      : scale(report.micrometers_per_pixel > 0 ? report.micrometers_per_pixel : 1),
        name(report.micrometers_per_pixel > 0 ? "\xC2\xB5m" : "px") {}
  std::string area_name() const { return name == "px" ? "px" : name + "\xC2\xB2"; }
  std::string length(double pixels) const { return short_number(pixels * scale) + " " + name; }
};

std::string summary_text(const Report& report, const Totals& totals) {
  if (!report.summary.empty()) return report.summary;
  if (report.images.empty()) return "This report has no segmented images.";
  const LengthUnit unit(report);
  std::string text = "Found " + counted(totals.objects, "object", "objects") + " in " +
                     counted(totals.images, "image", "images");
  if (std::isfinite(totals.median_diameter)) {
    text += "; the median object is " + unit.length(totals.median_diameter) + " across";
  }
  if (totals.seconds > 0) text += "; it took " + duration_text(totals.seconds);
  return text + ".";
}

std::string figures_html(const Report& report, const Totals& totals) {
  if (report.images.empty()) return "";
  const LengthUnit unit(report);
  std::string html = "<dl class=\"figures\">\n";
  const auto add = [&](const std::string& name, const std::string& value) {
    html += "<div class=\"card\"><dt>" + name + "</dt><dd>" + escape_markup(value) + "</dd></div>\n";
  };
  add("Images", fixed_number(static_cast<double>(totals.images), 0));
  add("Objects", fixed_number(static_cast<double>(totals.objects), 0));
  if (totals.images > 0) add("Objects per image (median)", short_number(median_of(totals.counts)));
  if (std::isfinite(totals.median_diameter))
    add("Object diameter (median)", unit.length(totals.median_diameter));
  if (totals.seconds > 0) add("Time", duration_text(totals.seconds));
  return html + "</dl>\n";
}

std::string list_html(const std::vector<std::string>& lines) {
  std::string html = "<ul>\n";
  for (const auto& line : lines) html += "<li>" + escape_markup(line) + "</li>\n";
  return html + "</ul>\n";
}

std::string verdict_html(const Report& report) {
  if (!report.verdict) return "";
  const auto& [trust, reasons] = *report.verdict;
  return "<aside class=\"card notice" + std::string(trust == Trust::kGood ? " well" : "") +
         "\">\n<h2>Verdict: " + name_of(trust) + "</h2>\n" + (reasons.empty() ? "" : list_html(reasons)) +
         "</aside>\n";
}

std::string foreword_html(const Foreword& foreword) {
  if (foreword.lines.empty() && foreword.doubts.empty()) return "";
  std::string html = list_html(foreword.lines);
  if (!foreword.doubts.empty())
    html += "<aside class=\"card notice\">\n<h2>What may go wrong</h2>\n" + list_html(foreword.doubts) +
            "</aside>\n";
  if (!foreword.picture_png.empty())
    html += "<div class=\"card shapes\"><img alt=\"An image, and what stands out of it\" src=\"" +
            png_source(foreword.picture_png) + "\" /></div>\n";
  return html_section("Before the training", html);
}

std::string warnings_html(const Report& report) {
  const auto warnings = find_warnings(report);
  const bool any_failure = std::any_of(report.images.begin(), report.images.end(),
                                       [](const ReportImage& image) { return !image.failure.empty(); });
  if (warnings.empty()) {
    if (report.images.empty()) return "";
    return "<aside class=\"card notice well\"><p>Nothing unusual was noticed. Look at the outlines all the "
           "same.</p></aside>\n";
  }
  std::string html = "<aside class=\"card notice\">\n<h2>Please check</h2>\n" + list_html(warnings);
  if (any_failure) {
    html += "<details open=\"open\"><summary>Images that failed</summary>\n<ul>\n";
    for (const auto& image : report.images) {
      if (image.failure.empty()) continue;
      html += "<li><b>" + escape_markup(image.name) + "</b>: " + escape_markup(image.failure) + "</li>\n";
    }
    html += "</ul></details>\n";
  }
  return html + "</aside>\n";
}

/// Images that failed, then by order_of_doubt(), then those without a score.
std::vector<ReportImage> doubtful_first(std::vector<ReportImage> images) {
  const auto rank = [](const ReportImage& image) {
    if (!image.failure.empty()) return -std::numeric_limits<double>::infinity();
    const double order = order_of_doubt(image.verdict.value_or(Verdict()), image.evidence);
    return std::isnan(order) ? std::numeric_limits<double>::infinity() : order;
  };
  std::stable_sort(images.begin(), images.end(),
                   [&](const ReportImage& a, const ReportImage& b) { return rank(a) < rank(b); });
  return images;
}

std::string left_out_of(const ReportImage& image) {
  return image.left_out.empty() ? "" : "; left out (hatched): " + escape_markup(image.left_out);
}

std::string doubt_of(const ReportImage& image) {
  if (!image.verdict || image.verdict->trust == Trust::kGood) return "";
  return "<span class=\"doubt\">" + name_of(image.verdict->trust) + ": " +
         escape_markup(image.verdict->reasons.front()) + "</span>";
}

std::string confidence_of(const ImageEvidence& evidence) {
  if (std::isnan(evidence.confidence())) return "";
  return std::string(", mean ") + (std::isnan(evidence.mean_quality) ? "score " : "quality ") +
         fixed_number(evidence.confidence(), 2);
}

std::string gallery_card(const ReportImage& image) {
  const std::string name = escape_markup(image.name);
  const bool has_raw = !image.raw_png.empty();
  std::string html = "<figure class=\"card" + std::string(has_raw ? " has-raw" : "") +
                     "\"><div class=\"view\"><img class=\"overlay\" alt=\"Outlines in " + name + "\" src=\"" +
                     png_source(image.overlay_png) + "\" />";
  if (has_raw) html += "<img class=\"raw\" alt=\"" + name + "\" src=\"" + png_source(image.raw_png) + "\" />";
  return html + "</div><figcaption><span class=\"name\">" + name + "</span><span class=\"count\">" +
         counted(image.objects, "object", "objects") + confidence_of(image.evidence) + left_out_of(image) +
         "</span>" + doubt_of(image) + "</figcaption></figure>\n";
}

std::string gallery_html(const Report& report) {
  std::string cards;
  int64_t shown = 0;
  bool any_raw = false;
  for (const auto& image : doubtful_first(report.images)) {
    if (image.overlay_png.empty()) continue;
    ++shown;
    any_raw |= !image.raw_png.empty();
    cards += gallery_card(image);
  }
  if (shown == 0) return "";
  std::string head = "<p class=\"soft\">" + counted(shown, "image", "images");
  if (shown < static_cast<int64_t>(report.images.size()))
    head += " of " + std::to_string(report.images.size());
  head += ", reduced where they are large. What looks wrong comes first.</p>\n";
  std::string html;
  // The switch is a check box before the gallery, so that it works by style alone, without a script.
  if (any_raw) {
    html += "<input type=\"checkbox\" id=\"show-raw\" />\n";
    head += "<label class=\"switch\" for=\"show-raw\">Hide outlines</label>\n";
  }
  html += "<div class=\"gallery-head\">" + head + "</div>\n<div class=\"gallery\">\n" + cards + "</div>\n";
  return html_section("Outlines found", html);
}

std::string size_chart(const Report& report) {
  const LengthUnit unit(report);
  std::vector<double> diameters = report.object_diameters;
  for (auto& diameter : diameters) diameter *= unit.scale;
  HistogramOptions options{"Object size",
                           "Diameter of the disk of equal area (" + unit.name + ")",
                           "Objects",
                           false,
                           0.0,
                           std::nullopt,
                           {},
                           true};
  if (report.smallest_diameter > 0)
    options.markers.push_back({report.smallest_diameter * unit.scale, "smallest size set"});
  if (report.largest_diameter > 0)
    options.markers.push_back({report.largest_diameter * unit.scale, "largest size set"});
  return histogram(diameters, options);
}

std::string charts_html(const Report& report, const Totals& totals) {
  std::vector<std::string> charts;
  if (totals.images > 0) {
    charts.push_back(
        histogram(totals.counts,
                  {"Objects per image", "Objects in an image", "Images", true, 0.0, std::nullopt, {}, true}));
  }
  if (!report.object_diameters.empty()) charts.push_back(size_chart(report));
  if (!report.object_qualities.empty()) {
    charts.push_back(
        histogram(report.object_qualities,
                  {"Quality", "Probability that an outline is good", "Objects", false, 0.0, 1.0, {}, true}));
  } else if (!report.object_scores.empty()) {
    charts.push_back(
        histogram(report.object_scores,
                  {"Score", "Score of an object (0 to 1)", "Objects", false, 0.0, 1.0, {}, true}));
  }
  if (charts.empty()) return "";
  std::string html = "<div class=\"charts\">\n";
  for (const auto& chart : charts) html += "<div class=\"card\">" + chart + "</div>\n";
  return html_section("Objects", html + "</div>\n");
}

/// Losses of very different size are compared on a logarithmic axis, if they can be.
bool wants_log_axis(const LossTable& table) {
  double least = std::numeric_limits<double>::infinity(), greatest = 0;
  for (const auto& column : table.values) {
    for (const double value : column) {
      if (!std::isfinite(value)) continue;
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
  }
  return least > 0 && greatest > 30 * least;
}

std::string losses_html(const Report& report) {
  if (report.losses.empty()) return "";
  std::string html = "<div class=\"charts\">\n";
  for (const auto& [title, table] : report.losses) {
    std::vector<ChartSeries> series;
    const std::vector<double> steps(table.steps.begin(), table.steps.end());
    for (size_t i = 0; i < table.names.size(); ++i) {
      ChartSeries line{table.names[i], {}, {}};
      for (size_t row = 0; row < steps.size();
           ++row) {  // an empty cell is no failure of the training: not drawn
        if (std::isnan(table.values[i][row])) continue;
        line.x.push_back(steps[row]);
        line.y.push_back(table.values[i][row]);
      }
      series.push_back(std::move(line));
    }
    html += "<div class=\"card\">" +
            line_chart(series, {title, "Training step", "Value", wants_log_axis(table)}) + "</div>\n";
  }
  return html_section("Training", html + "</div>\n");
}

std::string shapes_html(const Report& report) {
  if (report.shapes_png.empty()) return "";
  return html_section(
      "Shapes",
      "<div class=\"card shapes\"><img alt=\"Shapes that the prior was trained on and shapes sampled "
      "from it\" src=\"" +
          png_source(report.shapes_png) + "\" /></div>\n");
}

/// The verdict with its first reason; what is worse comes later when the table is sorted by it.
std::string verdict_cell(const std::optional<Verdict>& verdict) {
  if (!verdict) return "<td>\xE2\x80\x93</td>";
  const std::string reason =
      verdict->reasons.empty()
          ? ""
          : "<br /><span class=\"soft\">" + escape_markup(verdict->reasons.front()) + "</span>";
  return "<td data-value=\"" + std::to_string(static_cast<int>(verdict->trust)) + "\">" +
         name_of(verdict->trust) + reason + "</td>";
}

std::string table_row(const ReportImage& image, int64_t most_objects, const LengthUnit& unit,
                      bool shows_verdicts) {
  const std::string left_out =
      image.left_out.empty()
          ? ""
          : "<br /><span class=\"soft\">left out: " + escape_markup(image.left_out) + "</span>";
  const std::string name = "<td data-value=\"" + escape_markup(image.name) + "\">" +
                           escape_markup(image.name) + left_out + "</td>";
  if (!image.failure.empty()) {
    return "<tr class=\"failed\">" + name + "<td colspan=\"" + (shows_verdicts ? "5" : "4") + "\">" +
           escape_markup(image.failure) + "</td></tr>\n";
  }
  const auto cell = [](double value, const std::string& text) {
    const std::string key = std::isfinite(value) ? " data-value=\"" + std::to_string(value) + "\"" : "";
    return "<td" + key + ">" + text + "</td>";
  };
  const auto width = most_objects == 0 ? 0 : (image.objects * 100 + most_objects - 1) / most_objects;
  const std::string bar =
      "<span class=\"track\"><span class=\"bar\" style=\"width:" + std::to_string(width * 9 / 10) +
      "px\"></span></span>";
  const double area = image.median_area * unit.scale * unit.scale;
  return "<tr>" + name + (shows_verdicts ? verdict_cell(image.verdict) : "") +
         cell(static_cast<double>(image.objects), fixed_number(static_cast<double>(image.objects), 0) + bar) +
         cell(image.evidence.confidence(), fixed_number(image.evidence.confidence(), 2)) +
         cell(area, fixed_number(area, 1)) + cell(image.seconds, fixed_number(image.seconds, 2)) + "</tr>\n";
}

std::string table_html(const Report& report) {
  if (report.images.empty()) return "";
  const LengthUnit unit(report);
  int64_t most = 0;
  for (const auto& image : report.images) most = std::max(most, image.objects);
  std::string html = "<div class=\"card scroll\"><table class=\"sortable\">\n<thead><tr><th>Image</th>" +
                     std::string(report.verdict ? "<th>Verdict</th>" : "") + "<th>Objects</th><th>Mean " +
                     (report.object_qualities.empty() ? "score" : "quality") + "</th><th>Median area (" +
                     unit.area_name() + ")</th><th>Time (s)</th></tr></thead>\n<tbody>\n";
  for (const auto& image : doubtful_first(report.images))
    html += table_row(image, most, unit, report.verdict.has_value());
  return html_section("Images", html + "</tbody></table></div>\n");
}

std::string doubtful_html(const Report& report) {
  if (report.doubtful_objects.empty()) return "";
  const std::string figure = report.doubtful_objects.front().is_quality ? "quality" : "score";
  std::string html =
      "<p class=\"soft\">The objects of the lowest " + figure +
      ": where outlines are wrong, it is most likely here.</p>\n"
      "<div class=\"card scroll\"><table class=\"sortable\">\n<thead><tr><th>Image</th><th>Label</th>"
      "<th>" +
      (report.doubtful_objects.front().is_quality ? "Quality" : "Score") +
      "</th><th>x (px)</th><th>y (px)</th></tr></thead>\n<tbody>\n";
  for (const auto& object : report.doubtful_objects) {
    const auto cell = [](double value, int digits) {
      return "<td data-value=\"" + std::to_string(value) + "\">" + fixed_number(value, digits) + "</td>";
    };
    const std::string name = escape_markup(object.image);
    html += "<tr><td data-value=\"" + name + "\">" + name + "</td>" + cell(object.label, 0) +
            cell(object.value, 2) + cell(object.x, 0) + cell(object.y, 0) + "</tr>\n";
  }
  return html_section("Doubtful objects", html + "</tbody></table></div>\n");
}

std::string origin_html(const Report& report) {
  std::string facts;
  const auto add = [&](const std::string& name, const std::string& value, bool as_code) {
    if (value.empty()) return;
    const std::string text = escape_markup(value);
    facts += "<dt>" + name + "</dt><dd>" + (as_code ? "<code>" + text + "</code>" : text) + "</dd>\n";
  };
  add("Version", report.version, false);
  add("Date", report.date, false);
  add("Command", report.command_line, true);
  add("Please cite", report.citation, false);
  std::string html;
  if (!report.settings.is_null()) {
    // Settings may hold file names that are no UTF-8: those bytes are replaced, not an error.
    const std::string text = report.settings.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
    html += "<details class=\"card\"><summary>Settings</summary>\n<pre>" + escape_markup(text) +
            "</pre></details>\n";
  }
  if (!facts.empty()) html += "<dl class=\"card facts\">\n" + facts + "</dl>\n";
  return html.empty() ? "" : html_section("How this was made", html);
}

}  // namespace

std::string report_html(const Report& report) {
  const Totals totals = totals_of(report);
  return html_page(report.title, summary_text(report, totals),
                   figures_html(report, totals) + verdict_html(report) + warnings_html(report) +
                       foreword_html(report.foreword) + gallery_html(report) + charts_html(report, totals) +
                       table_html(report) + doubtful_html(report) + losses_html(report) +
                       shapes_html(report) + origin_html(report));
}

void write_report(const std::filesystem::path& path, const Report& report) {
  write_text_atomically(path, report_html(report));
}

}  // namespace priorseg
