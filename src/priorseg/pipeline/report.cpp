#include "priorseg/pipeline/report.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "priorseg/core/version.h"
#include "priorseg/output/images_csv.h"
#include "priorseg/output/report.h"
#include "priorseg/output/summary_csv.h"
#include "priorseg/pipeline/prior.h"

namespace priorseg {
namespace {

/// What every report has in common.
Report report_of(const BatchResult& batch, const RunFacts& facts) {
  Report report;
  report.title = facts.title;
  report.images = batch.images;
  report.verdict = batch.verdict;
  report.foreword = facts.foreword;
  report.object_diameters = batch.object_diameters;
  report.object_scores = batch.object_scores;
  report.object_qualities = batch.object_qualities;
  report.doubtful_objects = batch.doubtful_objects;
  report.seconds = facts.seconds;
  report.version = version();
  report.command_line = facts.command_line;
  report.date = report_date();
  return report;
}

/// Tells what names of images were taken for places on a plate.
void tell_places(const std::map<std::string, int64_t>& images, const PlatePattern& pattern,
                 Observer& observer) {
  int64_t count = 0;
  std::string example;
  for (const auto& [image, objects] : images) {
    const auto place = pattern.place_of(image);
    if (!place) continue;
    if (count++ > 0) continue;
    const auto origin = pattern.origin_of(image);
    if (!origin.empty()) example = ", as " + origin + " has them";
    example += ": " + image + " is well " + place->well;
    if (!place->site.empty()) example += ", site " + place->site;
    if (!place->channel.empty()) example += ", channel " + place->channel;
  }
  if (count > 0)
    observer.info("names of " + std::to_string(count) + " of " + std::to_string(images.size()) +
                  " images tell wells of a plate" + example +
                  "; another --plate-pattern, or none, where that is wrong");
}

void finish_report(const Report& report, const RunFacts& facts, OutputFolder& folder, Observer& observer) {
  for (const auto& warning : find_warnings(report)) observer.warn(warning);
  write_report(folder.claim(folder.report()), report);
  write_images_csv(folder.claim(folder.images_table()), report.images);
  const PlatePattern pattern(facts.plate_pattern);
  const auto images = folder.objects_of_images();
  tell_places(images, pattern, observer);
  write_summary_csv(folder.claim(folder.summary()), folder.objects(), images, pattern);
}

void tell_verdict(const Verdict& verdict, Observer& observer) {
  std::string text = "verdict: " + name_of(verdict.trust);
  for (size_t i = 0; i < verdict.reasons.size(); ++i) text += (i == 0 ? " - " : "; ") + verdict.reasons[i];
  observer.message(verdict.trust == Trust::kGood ? MessageLevel::kInfo : MessageLevel::kWarning, text);
}

}  // namespace

void write_foreword(const std::filesystem::path& path, const Foreword& foreword, const RunFacts& facts) {
  Report report = report_of({}, facts);
  report.foreword = foreword;
  report.summary = "What the images are, and what a training would do with them.";
  write_report(path, report);
}

void write_batch_report(const BatchResult& batch, const Detector& detector, const InferenceOptions& inference,
                        uint64_t seed, OutputFolder& folder, const RunFacts& facts, Observer& observer) {
  Report report = report_of(batch, facts);
  report.smallest_diameter = detector.options().size.min;
  report.largest_diameter = detector.options().size.max;
  if (std::filesystem::exists(folder.losses()))
    report.losses = {{"Detector", read_loss_log(folder.losses())}};
  report.shapes_png = prior_contact_sheet(detector.prior(), seed);
  report.settings = settings_for_report(detector, inference);
  finish_report(report, facts, folder, observer);
}

nlohmann::json settings_for_report(const Detector& detector, const InferenceOptions& inference) {
  auto used = detector.options();
  used.inference = inference;
  return {{"detector", options_to_json(used)},
          {"prior", options_to_json(detector.prior().options())},
          {"prior_origin", detector.prior().origin()}};
}

void write_batch_report(const BatchResult& batch, const nlohmann::json& settings, OutputFolder& folder,
                        const RunFacts& facts, Observer& observer) {
  Report report = report_of(batch, facts);
  report.smallest_diameter = settings.at("detector").at("size").at("min").get<double>();
  report.largest_diameter = settings.at("detector").at("size").at("max").get<double>();
  report.settings = settings;
  finish_report(report, facts, folder, observer);
}

void write_baseline_report(const BatchResult& batch, const MaskRcnn& model,
                           const BaselineInferenceOptions& inference, OutputFolder& folder,
                           const RunFacts& facts, Observer& observer) {
  Report report = report_of(batch, facts);
  report.smallest_diameter = model.options().size.min;
  report.largest_diameter = model.options().size.max;
  auto used = model.options();
  used.inference = inference;
  report.settings = {{"baseline", options_to_json(used)}, {"origin", model.origin()}};
  report.citation = "K. He, G. Gkioxari, P. Dollar, R. Girshick: Mask R-CNN, 2017, arXiv:1703.06870";
  finish_report(report, facts, folder, observer);
}

std::string report_date() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local);
  return text;
}

void tell_outcome(const BatchResult& batch, size_t num_images, const OutputPaths& folder,
                  Observer& observer) {
  if (batch.failures > 0) {
    observer.error(std::to_string(batch.failures) + " of " + std::to_string(num_images) +
                   " images failed, see the messages above");
  }
  observer.info(std::to_string(batch.object_diameters.size()) + " objects in " +
                std::to_string(std::ssize(batch.images) - batch.failures) +
                " images; report: " + folder.report().string());
  if (batch.verdict) tell_verdict(*batch.verdict, observer);
}

}  // namespace priorseg
