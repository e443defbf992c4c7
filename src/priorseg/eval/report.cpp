#include "priorseg/eval/report.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "priorseg/core/utf8.h"

namespace priorseg {
namespace {

using Json = nlohmann::ordered_json;

/// "0.3", "0.55".
std::string threshold_text(double threshold) {
  char text[16];
  std::snprintf(text, sizeof(text), "%.2g", threshold);
  return text;
}

std::string figure_text(double value, const char* undefined) {
  if (std::isnan(value)) return undefined;
  char text[32];
  std::snprintf(text, sizeof(text), "%.6f", value);
  return text;
}

template <class Value>
Json by_threshold(const std::vector<Value>& values) {
  Json json = Json::object();
  for (size_t i = 0; i < values.size(); ++i) json[threshold_text(score_thresholds()[i])] = values[i];
  return json;
}

/// The figures that do not depend on one threshold, under the names they have in every output.
std::vector<std::pair<std::string, double>> overall_figures(const Figures& figures) {
  return {{"mAP_0.3_0.9", figures.map_paper},
          {"mAP_0.5_0.95", figures.map_dsb},
          {"SEG", figures.seg},
          {"AJI", figures.aji},
          {"SBD", figures.sbd},
          {"sortedAP", figures.sorted_ap},
          {"AP_area", figures.ap_area}};
}

Json figures_json(const Figures& figures) {
  Json json;
  for (const auto& [name, value] : overall_figures(figures)) json[name] = value;
  json["AP"] = by_threshold(figures.ap);
  json["F1"] = by_threshold(figures.f1);
  json["PQ"] = by_threshold(figures.pq);
  return json;
}

Json counts_json(const Tally& tally) {
  std::vector<int64_t> false_positives, false_negatives;
  for (size_t i = 0; i < score_thresholds().size(); ++i) {
    false_positives.push_back(tally.false_positives(i));
    false_negatives.push_back(tally.false_negatives(i));
  }
  return {{"true_objects", tally.num_truth},
          {"predicted_objects", tally.num_predicted},
          {"TP", by_threshold(tally.true_positives)},
          {"FP", by_threshold(false_positives)},
          {"FN", by_threshold(false_negatives)}};
}

Json tally_json(const Tally& tally) {
  Json json = counts_json(tally);
  json.update(figures_json(figures_of(tally)));
  return json;
}

std::string table_row(const std::string& name, const std::string& averaged, const std::string& pooled) {
  char text[96];
  std::snprintf(text, sizeof(text), "%-16s %10s %10s\n", name.c_str(), averaged.c_str(), pooled.c_str());
  return text;
}

std::string figure_row(const std::string& name, double averaged, double pooled) {
  return table_row(name, figure_text(averaged, "-"), figure_text(pooled, "-"));
}

std::string threshold_row(const std::string& name, double threshold, const std::vector<double>& averaged,
                          const std::vector<double>& pooled) {
  const size_t at = threshold_index(threshold);
  return figure_row(name + "(" + threshold_text(threshold) + ")", averaged[at], pooled[at]);
}

/// A CSV cell; quoted where the text itself holds a comma, a quote or a line break.
std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

Tally ScoreReport::pooled() const {
  Tally sum;
  for (const auto& image : images) sum += image.tally;
  return sum;
}

Figures ScoreReport::averaged() const {
  std::vector<Figures> figures;
  for (const auto& image : images) figures.push_back(figures_of(image.tally));
  return average(figures);
}

std::string score_table(const ScoreReport& report) {
  const Tally pooled = report.pooled();
  const Figures averaged = report.averaged(), together = figures_of(pooled);
  std::string text = "images " + std::to_string(report.images.size()) + ", true objects " +
                     std::to_string(pooled.num_truth) + ", predicted objects " +
                     std::to_string(pooled.num_predicted);
  if (!report.failed.empty()) text += ", images not scored " + std::to_string(report.failed.size());
  if (report.field_of_interest > 0) {
    text += ", without objects within " + std::to_string(report.field_of_interest) + " px of the border";
  }
  text += "\n\n" + table_row("", "averaged", "pooled");
  for (const double threshold : paper_thresholds()) {
    text += threshold_row("AP", threshold, averaged.ap, together.ap);
  }
  text += figure_row("mAP(0.3-0.9)", averaged.map_paper, together.map_paper);
  text += figure_row("mAP(0.5-0.95)", averaged.map_dsb, together.map_dsb);
  text += threshold_row("F1", 0.5, averaged.f1, together.f1);
  text += threshold_row("PQ", 0.5, averaged.pq, together.pq);
  text += figure_row("SEG", averaged.seg, together.seg);
  text += figure_row("AJI", averaged.aji, together.aji);
  text += figure_row("SBD", averaged.sbd, together.sbd);
  text += figure_row("sortedAP", averaged.sorted_ap, together.sorted_ap);
  text += figure_row("AP area", averaged.ap_area, together.ap_area);
  const size_t half = threshold_index(0.5);
  text += table_row("TP(0.5)", "", std::to_string(pooled.true_positives[half]));
  text += table_row("FP(0.5)", "", std::to_string(pooled.false_positives(half)));
  text += table_row("FN(0.5)", "", std::to_string(pooled.false_negatives(half)));
  return text;
}

std::string score_json(const ScoreReport& report) {
  Json json;
  json["field_of_interest_px"] = report.field_of_interest;
  json["num_images"] = report.images.size();
  json["averaged"] = figures_json(report.averaged());
  json["pooled"] = tally_json(report.pooled());
  json["images"] = Json::array();
  for (const auto& image : report.images) {
    Json entry = {{"name", utf8_or_escaped(image.name)},
                  {"predicted", utf8_or_escaped(image.predicted.string())},
                  {"truth", utf8_or_escaped(image.truth.string())}};
    entry.update(tally_json(image.tally));
    json["images"].push_back(std::move(entry));
  }
  json["failed"] = Json::array();
  for (const auto& [name, reason] : report.failed)
    json["failed"].push_back({{"name", utf8_or_escaped(name)}, {"error", utf8_or_escaped(reason)}});
  json["predictions_without_truth"] = Json::array();
  for (const auto& path : report.unpaired)
    json["predictions_without_truth"].push_back(utf8_or_escaped(path.string()));
  return json.dump(2) + "\n";
}

std::string score_csv(const ScoreReport& report) {
  std::string text = "image,true_objects,predicted_objects";
  for (const char* name : {"TP", "FP", "FN"}) text += std::string(",") + name + "_0.5";
  for (const double threshold : score_thresholds()) text += ",AP_" + threshold_text(threshold);
  text += ",F1_0.5,PQ_0.5";
  for (const auto& [name, value] : overall_figures(report.averaged())) text += "," + name;
  text += "\n";
  const size_t half = threshold_index(0.5);
  for (const auto& image : report.images) {
    const Tally& tally = image.tally;
    const Figures figures = figures_of(tally);
    text += csv_text(utf8_or_escaped(image.name));
    for (const int64_t count : {tally.num_truth, tally.num_predicted, tally.true_positives[half],
                                tally.false_positives(half), tally.false_negatives(half)}) {
      text += "," + std::to_string(count);
    }
    for (const double ap : figures.ap) text += "," + figure_text(ap, "");
    text += "," + figure_text(figures.f1[half], "") + "," + figure_text(figures.pq[half], "");
    for (const auto& [name, value] : overall_figures(figures)) text += "," + figure_text(value, "");
    text += "\n";
  }
  return text;
}

}  // namespace priorseg
