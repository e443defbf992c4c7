#include "priorseg/experiment/comparison.h"

#include <algorithm>
#include <cmath>

#include "priorseg/output/chart.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const ComparedSystem* find_system(const Comparison& comparison, const std::string& name) {
  const auto found = std::find_if(comparison.systems.begin(), comparison.systems.end(),
                                  [&](const ComparedSystem& system) { return system.name == name; });
  return found == comparison.systems.end() ? nullptr : &*found;
}

std::string csv_number(double value, int decimals) {
  return std::isfinite(value) ? fixed_number(value, decimals) : "";
}

/// Finite values of a column of a loss table over its steps.
ChartSeries series_of(const LossTable& losses, size_t column, const std::string& name) {
  ChartSeries series{name, {}, {}};
  for (size_t row = 0; row < losses.steps.size(); ++row) {
    if (!std::isfinite(losses.values[column][row])) continue;
    series.x.push_back(static_cast<double>(losses.steps[row] + 1));
    series.y.push_back(losses.values[column][row]);
  }
  return series;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

/// Text of a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : one_line(text)) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string ap_row(const ComparedSystem& system, const std::string& name, const std::string& emphasis) {
  std::string row = "| " + name + " |";
  for (const double ap : system.ap) row += " " + fixed_number(ap, 4) + " |";
  return row + " " + emphasis + fixed_number(system.map, 4) + emphasis + " |\n";
}

std::string ap_table(const Comparison& comparison) {
  std::string text = "| system |", rule = "|---|";
  for (const double threshold : comparison.thresholds) {
    text += " " + fixed_number(threshold, 1).substr(1) + " |";
    rule += "---|";
  }
  text += " mAP |\n" + rule + "---|\n";
  for (const auto& system : comparison.systems) text += ap_row(system, cell(system.name), "**");
  for (const auto& system : comparison.published) text += ap_row(system, "*" + cell(system.name) + "*", "");
  if (!comparison.published.empty()) text += "\n" + comparison.published_source + "\n";
  return text + "\n";
}

std::string training_table(const Comparison& comparison) {
  std::string text =
      "| system | annotated images | steps | training time | seed | pooled mAP | F1 at .5, pooled |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const auto& system : comparison.systems) {
    text += "| " + cell(system.name) + " | " + std::to_string(system.annotated) + " | " +
            fixed_number(static_cast<double>(system.steps), 0) + " | " +
            duration_text(system.training_seconds) + " | " + std::to_string(system.seed) + " | " +
            fixed_number(system.pooled_map, 4) + " | " + fixed_number(system.f1, 4) + " |\n";
  }
  text += "\n";
  for (const auto& system : comparison.systems)
    text += "- `" + system.name + "`: " + one_line(system.note) + "\n";
  return text + "\n";
}

std::string budget_table(const Comparison& comparison) {
  std::string text = "| system | annotated images | mAP |\n|---|---|---|\n";
  for (const auto* names : {&comparison.lines, &comparison.budget}) {
    for (const auto& name : *names) {
      const auto* system = find_system(comparison, name);
      if (system == nullptr) continue;
      text += "| " + cell(name) + " | " + std::to_string(system->annotated) + " | " +
              fixed_number(system->map, 4) + " |\n";
    }
  }
  return text + "\n";
}

}  // namespace

std::string ap_chart(const Comparison& comparison) {
  std::vector<ChartSeries> series;
  for (const auto& system : comparison.systems) {
    const bool is_between = contains(comparison.budget, system.name) && !system.name.ends_with("-one") &&
                            !system.name.ends_with("-full");
    if (!is_between) series.push_back({system.name, comparison.thresholds, system.ap});
  }
  return line_chart(series, {"Average precision", "IoU threshold", "AP"});
}

std::string budget_chart(const Comparison& comparison) {
  ChartSeries curve{"Mask R-CNN", {}, {}};
  for (const auto& name : comparison.budget) {
    const auto* system = find_system(comparison, name);
    if (system == nullptr) continue;
    curve.x.push_back(static_cast<double>(system->annotated));
    curve.y.push_back(system->map);
  }
  std::vector<ChartSeries> series = {curve};
  const double last = curve.x.empty() ? 1 : *std::max_element(curve.x.begin(), curve.x.end());
  for (const auto& name : comparison.lines) {
    const auto* system = find_system(comparison, name);
    if (system != nullptr) series.push_back({name, {1, std::max(last, 2.0)}, {system->map, system->map}});
  }
  LineChartOptions options{"How many images would have to be annotated?", "Annotated images", "mAP"};
  options.log_x = true;
  return line_chart(series, options);
}

std::vector<std::pair<std::string, std::string>> learning_charts(const Comparison& comparison) {
  std::vector<std::pair<std::string, std::string>> charts;
  for (const auto& system : comparison.systems) {
    std::vector<ChartSeries> series;
    for (size_t i = 0; i < system.losses.names.size(); ++i) {
      const auto& name = system.losses.names[i];
      if (name == "loss") series.push_back(series_of(system.losses, i, "training loss"));
      if (name == "validation") series.push_back(series_of(system.losses, i, "validation loss"));
    }
    if (!series.empty()) charts.emplace_back(system.name, line_chart(series, {system.name, "Step", "Loss"}));
  }
  return charts;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string text = "system,source,annotated_images,steps,seed,training_seconds";
  for (const double threshold : comparison.thresholds) text += ",AP_" + fixed_number(threshold, 1);
  text += ",mAP,pooled_mAP,pooled_F1_0.5,note\n";
  const auto add = [&](const ComparedSystem& system, const std::string& source) {
    const bool is_own = source == "measured";
    text +=
        csv_field(system.name) + "," + source + "," + std::to_string(system.annotated) + "," +
        (system.steps > 0 ? std::to_string(system.steps) : "") + "," +
        (is_own ? std::to_string(system.seed) : "") + "," +
        (std::isfinite(system.training_seconds) ? std::to_string(std::llround(system.training_seconds)) : "");
    for (const double ap : system.ap) text += "," + csv_number(ap, 6);
    text += "," + csv_number(system.map, 6) + "," + csv_number(system.pooled_map, 6) + "," +
            csv_number(system.f1, 6) + "," + csv_field(one_line(system.note)) + "\n";
  };
  for (const auto& system : comparison.systems) add(system, "measured");
  for (const auto& system : comparison.published) add(system, "published");
  return text;
}

std::string comparison_markdown(const Comparison& comparison) {
  std::string text = "# " + one_line(comparison.title) + "\n\n";
  for (const auto& fact : comparison.facts) text += "- " + one_line(fact) + "\n";
  text +=
      "\n## Average precision\n\nMean over the test images at each IoU threshold, and mAP, their mean.\n\n" +
      ap_table(comparison) + "![AP over the IoU threshold](ap.svg)\n\n";
  if (!comparison.budget.empty()) {
    text += "## Annotation budget\n\n" + budget_table(comparison) +
            "![mAP over the number of annotated images](budget.svg)\n\n";
  }
  text += "## Training\n\n" + training_table(comparison);
  if (!comparison.panels_png.empty())
    text += "## Pictures\n\n" + one_line(comparison.panels_note) + "\n\n![Truth and systems](panels.png)\n\n";
  const auto curves = learning_charts(comparison);
  if (!curves.empty()) text += "## Learning curves\n\n";
  for (const auto& [name, svg] : curves) text += "![" + name + "](learning/" + name + ".svg)\n";
  return text + (curves.empty() ? "" : "\n") + "---\n\npriorseg " + comparison.version + ", " +
         comparison.date + ": `" + one_line(comparison.command_line) + "`\n";
}

}  // namespace priorseg
