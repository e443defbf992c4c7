#include <cmath>

#include "priorseg/experiment/comparison.h"
#include "priorseg/output/html_page.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

std::string cells(const std::vector<std::string>& texts, const char* tag = "td") {
  std::string row = "<tr>";
  for (const auto& text : texts) row += std::string("<") + tag + ">" + escape_markup(text) + "</" + tag + ">";
  return row + "</tr>\n";
}

std::string table(const std::vector<std::string>& head, const std::string& rows) {
  return "<div class=\"card scroll\"><table>\n<thead>" + cells(head, "th") + "</thead>\n<tbody>\n" + rows +
         "</tbody></table></div>\n";
}

std::vector<std::string> ap_cells(const ComparedSystem& system, const std::string& name) {
  std::vector<std::string> texts = {name};
  for (const double ap : system.ap) texts.push_back(fixed_number(ap, 4));
  texts.push_back(fixed_number(system.map, 4));
  return texts;
}

std::string precision_html(const Comparison& comparison) {
  std::vector<std::string> head = {"System"};
  for (const double threshold : comparison.thresholds) head.push_back("AP " + fixed_number(threshold, 1));
  head.emplace_back("mAP");
  std::string rows;
  for (const auto& system : comparison.systems) rows += cells(ap_cells(system, system.name));
  for (const auto& system : comparison.published)
    rows += cells(ap_cells(system, system.name + " (published)"));
  std::string html = table(head, rows);
  if (!comparison.published.empty())
    html += "<p class=\"soft\">" + escape_markup(comparison.published_source) + "</p>\n";
  return html_section("Average precision", html);
}

std::string charts_html(const Comparison& comparison) {
  std::string html = "<div class=\"charts\">\n<div class=\"card\">" + ap_chart(comparison) + "</div>\n";
  if (!comparison.budget.empty()) html += "<div class=\"card\">" + budget_chart(comparison) + "</div>\n";
  return html_section("Curves", html + "</div>\n");
}

std::string panels_html(const Comparison& comparison) {
  if (comparison.panels_png.empty()) return "";
  return html_section("Pictures", "<p class=\"soft\">" + escape_markup(comparison.panels_note) +
                                      "</p>\n<div class=\"card shapes\"><img alt=\"Truth and systems side by "
                                      "side\" src=\"" +
                                      png_source(comparison.panels_png) + "\" /></div>\n");
}

std::string training_html(const Comparison& comparison) {
  std::string rows, notes;
  for (const auto& system : comparison.systems) {
    rows +=
        cells({system.name, std::to_string(system.annotated),
               fixed_number(static_cast<double>(system.steps), 0), duration_text(system.training_seconds),
               std::to_string(system.seed), fixed_number(system.pooled_map, 4), fixed_number(system.f1, 4)});
    notes += "<dt>" + escape_markup(system.name) + "</dt><dd>" + escape_markup(system.note) + "</dd>\n";
  }
  const std::string figures = table(
      {"System", "Annotated images", "Steps", "Training time", "Seed", "mAP, pooled", "F1 at 0.5, pooled"},
      rows);
  return html_section("Training", figures + "<dl class=\"card facts\">\n" + notes + "</dl>\n");
}

std::string learning_html(const Comparison& comparison) {
  std::string html;
  for (const auto& [name, svg] : learning_charts(comparison))
    html += "<div class=\"card\">" + svg + "</div>\n";
  return html.empty() ? "" : html_section("Learning curves", "<div class=\"charts\">\n" + html + "</div>\n");
}

std::string origin_html(const Comparison& comparison) {
  std::string html = "<ul>\n";
  for (const auto& fact : comparison.facts) html += "<li>" + escape_markup(fact) + "</li>\n";
  html += "</ul>\n<dl class=\"card facts\">\n<dt>Version</dt><dd>" + escape_markup(comparison.version) +
          "</dd>\n<dt>Date</dt><dd>" + escape_markup(comparison.date) + "</dd>\n<dt>Command</dt><dd><code>" +
          escape_markup(comparison.command_line) + "</code></dd>\n</dl>\n";
  return html_section("How this was made", html);
}

}  // namespace

std::string comparison_html(const Comparison& comparison) {
  const std::string lead = comparison.facts.empty() ? "" : comparison.facts.front();
  return html_page(comparison.title, lead,
                   precision_html(comparison) + charts_html(comparison) + panels_html(comparison) +
                       training_html(comparison) + learning_html(comparison) + origin_html(comparison));
}

}  // namespace priorseg
