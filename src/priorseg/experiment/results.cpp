
#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/image_name.h"
#include "priorseg/core/version.h"
#include "priorseg/data/image_list.h"
#include "priorseg/eval/scores.h"
#include "priorseg/experiment/comparison.h"
#include "priorseg/experiment/experiment.h"
#include "priorseg/experiment/paper_results.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/overlay.h"
#include "priorseg/output/panel_sheet.h"
#include "priorseg/pipeline/baseline.h"
#include "priorseg/pipeline/report.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPanelSide = 256;  // px: larger images are shown by their middle

double number_of(const nlohmann::json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

LossTable losses_of(const OutputPaths& folder) {
  for (const auto& path : {folder.losses(), BaselineFiles{folder.model()}.losses()})
    if (fs::exists(path)) return read_loss_log(path);
  return {};
}

/// A row from result.json, if there is one of the same test images.
std::optional<ComparedSystem> read_result(const Experiment& experiment, const std::string& name) {
  const auto path = experiment.result_file(name);
  std::ifstream file(path);
  if (!file.is_open()) return std::nullopt;
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || json.value("test", nlohmann::json()) != experiment.test_setup()) {
    experiment.observer.warn(path.string() + " is of other test images and is left out of the tables");
    return std::nullopt;
  }
  ComparedSystem system;
  system.name = name;
  system.note = json.at("note");
  for (const auto& ap : json.at("AP")) system.ap.push_back(number_of(ap));
  system.map = number_of(json.at("mAP"));
  system.pooled_map = number_of(json.at("pooled_mAP"));
  system.f1 = number_of(json.at("pooled_F1"));
  system.annotated = json.at("annotated");
  system.steps = json.at("steps");
  system.training_seconds = number_of(json.at("training_seconds"));
  system.seed = json.at("seed");
  system.losses = losses_of(experiment.folder(name));
  return system;
}

/// All systems of the folder: known ones in their order, then those of the budget by their number of images.
std::vector<ComparedSystem> read_results(const Experiment& experiment) {
  std::vector<std::string> names = experiment_systems();
  const auto is_known = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<ComparedSystem> systems, others;
  for (const auto& name : names)
    if (const auto system = read_result(experiment, name)) systems.push_back(*system);
  for (const auto& entry : fs::directory_iterator(experiment.options.output)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("mrcnn-") || is_known(name)) continue;
    if (const auto system = read_result(experiment, name)) others.push_back(*system);
  }
  std::sort(others.begin(), others.end(), [](const ComparedSystem& a, const ComparedSystem& b) {
    return std::pair(a.annotated, a.name) < std::pair(b.annotated, b.name);
  });
  systems.insert(systems.end(), others.begin(), others.end());
  return systems;
}

std::vector<ComparedSystem> published_rows(const std::string& benchmark) {
  std::vector<ComparedSystem> rows;
  for (const auto& result : paper_results(benchmark)) {
    ComparedSystem row;
    row.name = result.system;
    row.ap.assign(result.ap.begin(), result.ap.end());
    row.map = result.map;
    row.note = "Chen et al. 2020, table 1";
    row.annotated = result.system.ends_with("-one") || result.system.ends_with("-annotation") ? 1 : 0;
    rows.push_back(row);
  }
  return rows;
}

torch::Tensor middle(const torch::Tensor& map) {
  const int64_t height = std::min(kPanelSide, map.size(-2)), width = std::min(kPanelSide, map.size(-1));
  return map.slice(-2, (map.size(-2) - height) / 2, (map.size(-2) + height) / 2)
      .slice(-1, (map.size(-1) - width) / 2, (map.size(-1) + width) / 2)
      .contiguous();
}

/// Pixels of small images are repeated, so that headings fit over them.
torch::Tensor enlarged(const torch::Tensor& picture) {
  const int64_t factor = std::max<int64_t>(1, kPanelSide / std::max(picture.size(0), picture.size(1)));
  return picture.repeat_interleave(factor, 0).repeat_interleave(factor, 1);
}

/// Test images, or crops of them, to be shown: evenly spread, the next one where one has no object.
std::vector<PreparedImage> images_to_show(const Experiment& experiment) {
  const auto all = all_crops(experiment.data.test);
  const auto starts = spread_indices(all.size(), experiment.options.panels);
  std::vector<PreparedImage> shown;
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : all.size();
    size_t index = starts[i];
    while (index + 1 < end && read_label_map(all[index].labels).max().item<int32_t>() == 0) ++index;
    shown.push_back(all[index]);
  }
  return shown;
}

/// Truth and systems side by side, one row a test image.
std::string draw_panels(const Experiment& experiment, const std::vector<ComparedSystem>& systems) {
  std::vector<std::string> columns = {"image", "truth"};
  for (const auto& system : systems) columns.push_back(system.name);
  std::vector<PanelRow> rows;
  for (const auto& image : images_to_show(experiment)) {
    const auto pixels = middle(read_image(image.image).pixels);
    PanelRow row{image.name, {enlarged(draw_image(pixels))}};
    const auto add = [&](const fs::path& labels) {
      row.pictures.push_back(enlarged(draw_overlay(pixels, middle(read_label_map(labels)))));
    };
    add(image.labels);
    for (const auto& system : systems) add(experiment.folder(system.name).label_map(image_stem(image.image)));
    rows.push_back(std::move(row));
  }
  return encode_png(panel_sheet(columns, rows));
}

std::vector<std::string> facts_of(const Experiment& experiment) {
  const auto& data = experiment.data;
  const auto whole = data.benchmark.test.size();
  const std::string images = counted(std::ssize(data.test), "test image", "test images");
  std::vector<std::string> facts = {data.benchmark.split};
  facts.push_back(data.test.size() == whole
                      ? "Measured on all " + images + "."
                      : "A quick look: measured on " + std::to_string(data.test.size()) + " of " +
                            std::to_string(whole) + " test images, evenly spread.");
  std::string pixels = "Whole images";
  if (data.cut.crop > 0) {
    const auto square = std::to_string(data.cut.crop) + " x " + std::to_string(data.cut.crop) + " px";
    pixels = "Each image, to learn from and to test on, is cut into squares of " + square +
             ", as many as fit, evenly spread (" + std::to_string(all_crops(data.test).size()) +
             " of the test images)";
  }
  if (data.cut.side > 0)
    pixels += ", resized to " + std::to_string(data.cut.side) + " x " + std::to_string(data.cut.side) + " px";
  if (data.cut.border > 0) {
    pixels += data.cut.crop > 0 ? "; crops keep " : "; objects wholly within ";
    pixels += std::to_string(data.cut.border) + " px " +
              (data.cut.crop > 0 ? "off the border, where the truth is not complete"
                                 : "of the border, where the truth is not complete, do not count");
  }
  facts.push_back(pixels + ".");
  facts.push_back("Objects of " + short_number(data.size.min / data.scale) + " to " +
                  short_number(data.size.max / data.scale) + " px of the original images (--size).");
  return facts;
}

Comparison comparison_of(const Experiment& experiment, const std::vector<PlannedSystem>& budget) {
  Comparison comparison;
  comparison.title = "Comparison on " + experiment.data.benchmark.title;
  comparison.facts = facts_of(experiment);
  comparison.thresholds = paper_thresholds();
  comparison.systems = read_results(experiment);
  comparison.published = published_rows(experiment.data.benchmark.name);
  const auto& name = experiment.data.benchmark.name;
  comparison.published_source =
      std::string("Rows in italics or marked as published: Chen et al. 2020, table 1") +
      (name == "bbbc039"          ? ", on BBBC006, other images of the same assay"
       : name == "simulated-hl60" ? ", on Fluo-N2DH-SIM+, images of another simulator"
                                  : "") +
      ".";
  for (const auto& system : budget) comparison.budget.push_back(system.name);
  for (const auto& system : comparison.systems)
    if (system.annotated == 0) comparison.lines.push_back(system.name);
  comparison.version = version();
  comparison.command_line = experiment.options.command_line;
  comparison.date = report_date();
  return comparison;
}

}  // namespace

void write_results(const Experiment& experiment, const std::vector<PlannedSystem>& budget) {
  Comparison comparison = comparison_of(experiment, budget);
  const fs::path& folder = experiment.options.output;
  if (experiment.options.panels > 0 && !comparison.systems.empty()) {
    comparison.panels_png = draw_panels(experiment, comparison.systems);
    comparison.panels_note =
        "Outlines of the truth and of each system, on test images that are evenly spread; of large ones the "
        "middle.";
    write_text_atomically(folder / "panels.png", comparison.panels_png);
  }
  write_text_atomically(folder / "ap.svg", ap_chart(comparison));
  if (!budget.empty()) write_text_atomically(folder / "budget.svg", budget_chart(comparison));
  for (const auto& [name, svg] : learning_charts(comparison))
    write_text_atomically(folder / "learning" / (name + ".svg"), svg);
  write_text_atomically(folder / "results.csv", comparison_csv(comparison));
  write_text_atomically(folder / "results.md", comparison_markdown(comparison));
  write_text_atomically(folder / "report.html", comparison_html(comparison));
}

}  // namespace priorseg
