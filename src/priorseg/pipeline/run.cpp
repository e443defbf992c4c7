#include "priorseg/pipeline/run.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "priorseg/core/atomic_file.h"
#include "priorseg/pipeline/calibration.h"
#include "priorseg/pipeline/foreword.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/prior.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/training.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// A prior that lies in the folder already is used there, and not written again.
bool brings_prior_of_folder(const RunInput& input, const OutputPaths& folder) {
  std::error_code not_there;
  return !input.prior_file.empty() && fs::equivalent(input.prior_file, folder.prior(), not_there);
}

/// Those of the inputs that are no arrays in memory.
template <class Input>
std::vector<fs::path> files_of(const std::vector<Input>& inputs) {
  std::vector<fs::path> files;
  for (const auto& input : inputs)
    if (!input.file().empty()) files.push_back(input.file());
  return files;
}

FolderPlan plan_of(const RunInput& input, const FurtherForms& forms, const OutputPaths& folder) {
  FolderPlan plan;
  plan.inputs = files_of(input.images);
  const auto add = [&](const std::vector<fs::path>& files) {
    plan.inputs.insert(plan.inputs.end(), files.begin(), files.end());
  };
  add(files_of(input.label_maps));
  for (const auto& annotated : input.annotated) {
    add(files_of(std::vector{annotated.image}));
    add(files_of(std::vector{annotated.labels}));
  }
  if (!input.prior_file.empty()) plan.inputs.push_back(input.prior_file);
  plan.images = input.segmented;
  plan.forms = forms;
  plan.trains = true;
  plan.makes_prior = !brings_prior_of_folder(input, folder);
  return plan;
}

/// The prior that the user gave, if there is one. It lies in the folder then.
std::optional<ShapePrior> given_prior(const RunInput& input, OutputFolder& folder) {
  if (!input.prior && input.prior_file.empty()) return std::nullopt;
  auto prior = input.prior ? input.prior->clone() : ShapePrior::load(input.prior_file);
  if (!brings_prior_of_folder(input, folder)) prior.save(folder.claim(folder.prior()));
  return prior;
}

void write_settings(const Settings& settings, OutputFolder& folder) {
  write_text_atomically(folder.claim(folder.settings()), options_to_json(settings).dump(2) + "\n");
}

/// Fits the outlines to annotated images.
void fit_outlines(Detector& detector, const RunInput& input, OutputFolder& folder, Observer& observer) {
  auto annotated = input.annotated;
  if (annotated.empty()) {
    const auto found = find_annotated_images(files_of(input.images), files_of(input.label_maps));
    annotated.assign(found.begin(), found.end());
    for (auto& pair : annotated) pair.image = pair.image.with_planes(input.planes);
  }
  calibrate_or_tell(detector, annotated, observer);
  detector.save(folder.claim(folder.model()));
}

/// The same with the planes that are looked at, which are chosen and told here.
RunInput with_chosen_planes(RunInput input, DetectorOptions& detector, Observer& observer) {
  const auto planes = choose_planes_of_files(input.images, input.planes, detector, observer);
  input.planes = planes;
  input.images = with_planes(input.images, planes);
  for (auto& annotated : input.annotated) annotated.image = annotated.image.with_planes(planes);
  return input;
}

}  // namespace

RunResult run(const RunInput& given_input, Settings settings, const fs::path& root, Observer& observer) {
  const auto start = std::chrono::steady_clock::now();
  OutputFolder folder(root, plan_of(given_input, parse_further_forms(settings.save), {root}), observer);
  const auto input = with_chosen_planes(given_input, settings.detector, observer);
  auto given = given_prior(input, folder);
  const auto foreword = look_ahead(input.images, input.estimate_sizes, settings, observer);
  // One that an interrupted run left, or a new one.
  const auto prior =
      given ? std::move(*given)
            : obtain_prior(input.label_maps, settings, folder.claim(folder.prior()), input.restart, observer);
  settings.prior = prior.options();
  write_settings(settings, folder);
  auto detector =
      train_detector(input.images, prior, settings, folder, input.restart, input.device, observer);
  if (settings.calibrate && !input.label_maps.empty()) fit_outlines(detector, input, folder, observer);
  RunResult result{std::move(detector), settings, std::nullopt};
  if (input.segmented.empty()) return result;
  result.batch = segment_images(input.segmented, result.detector, result.detector.options().inference, folder,
                                input.report_pictures, observer, input.planes);
  judge(*result.batch, true);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_batch_report(*result.batch, result.detector, result.detector.options().inference, settings.seed,
                     folder, {input.title, input.command_line, seconds, foreword, input.plate_pattern},
                     observer);
  tell_outcome(*result.batch, input.segmented.size(), folder, observer);
  return result;
}

}  // namespace priorseg
