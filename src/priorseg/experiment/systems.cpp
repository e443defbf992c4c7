#include <ATen/Parallel.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/core/image_name.h"
#include "priorseg/core/options.h"
#include "priorseg/core/version.h"
#include "priorseg/data/image_list.h"
#include "priorseg/experiment/experiment.h"
#include "priorseg/experiment/time_spent.h"
#include "priorseg/output/markup.h"
#include "priorseg/pipeline/baseline.h"
#include "priorseg/pipeline/run.h"
#include "priorseg/pipeline/scoring.h"
#include "priorseg/pipeline/segmentation.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr double kPaperCell = 16;  // px of the network image, of the preset 'paper'

/// A system with everything that its training depends on.
struct Task {
  PlannedSystem system;
  nlohmann::json setup;
  std::string note;
  /// Trains with this observer, segments the test images into the system's folder.
  std::function<BatchResult(TimeSpent&)> run;
};

std::vector<fs::path> image_paths(const std::vector<PreparedSource>& sources) {
  std::vector<fs::path> paths;
  for (const auto& crop : all_crops(sources)) paths.push_back(crop.image);
  return paths;
}

std::vector<AnnotatedFile> annotated_files(const std::vector<PreparedSource>& sources) {
  std::vector<AnnotatedFile> files;
  for (const auto& crop : all_crops(sources)) files.push_back({crop.name, crop.image, crop.labels});
  return files;
}

std::vector<std::string> names_of(const std::vector<PreparedSource>& sources) {
  std::vector<std::string> names;
  for (const auto& source : sources) names.push_back(source.name);
  return names;
}

nlohmann::json data_setup(const Experiment& experiment) {
  const auto& data = experiment.data;
  return {{"data_set", data.benchmark.name},
          {"crop", data.cut.crop},
          {"side", data.cut.side},
          {"border", data.cut.border}};
}

/// What the user changed, for the table: rows of other settings must not pass as the system itself.
std::string changes_text(const std::string& config, const std::vector<std::string>& overrides) {
  std::string text = config.empty() ? "" : "; with settings of " + config;
  for (const auto& entry : overrides) text += "; with " + entry;
  return text;
}

/// What the paper sets for this data set, beyond the preset 'paper'.
void set_paper_parameters(const ExperimentData& data, Settings& settings) {
  if (!data.benchmark.paper) return;
  const PaperParameters& paper = *data.benchmark.paper;
  const double network_from_image = paper.network_from_image > 0 ? paper.network_from_image : data.scale;
  const double typical = std::sqrt(data.size.min * data.size.max) / data.scale;  // px of the original image
  auto& detector = settings.detector;
  detector.size.scale_min = paper.scale_min;
  detector.size.scale_max = paper.scale_max;
  detector.size.object_cells = typical * network_from_image / kPaperCell;
  detector.localizer.max_ratio = paper.max_ratio;
  detector.intensity.truncate_mean = paper.truncate_mean;
  detector.loss.kl_weight = paper.kl_weight;
  detector.loss.edge_pooling = paper.is_edge_of_batch ? EdgePooling::kBatch : EdgePooling::kImage;
  settings.shapes.max_axis_ratio = paper.max_axis_ratio;
  settings.mask_patches.min_width = paper.min_mask_width;
}

Settings detector_settings(const Experiment& experiment, const PlannedSystem& system) {
  const auto& options = experiment.options;
  const auto& data = experiment.data;
  Settings settings = make_settings(system.preset);
  if (system.preset == "paper") set_paper_parameters(data, settings);
  options_from_json(settings, options.config);  // what the user says wins
  // All images are read, also where they are cut into many crops.
  settings.detector.training.max_images = std::ssize(all_crops(data.training));
  for (const auto& entry : options.overrides) set_option(settings, entry);
  settings.detector.size.min = data.size.min;
  settings.detector.size.max = data.size.max;
  settings.seed = options.seed;
  if (system.steps > 0) settings.detector.training.steps = system.steps;
  settings.validate();
  return settings;
}

/// A report of its own would be one too many: the experiment has one of all systems.
template <class Model>
BatchResult segment_test_images(const Experiment& experiment, const Model& model, const fs::path& folder) {
  FolderPlan plan;
  plan.images = image_paths(experiment.data.test);
  OutputFolder output(folder, plan, experiment.observer);
  return segment_images(plan.images, model, model.options().inference, output, 0, experiment.observer);
}

Task detector_task(const Experiment& experiment, PlannedSystem system) {
  const auto& data = experiment.data;
  Settings settings = detector_settings(experiment, system);
  system.steps = settings.detector.training.steps;
  std::vector<fs::path> label_maps;
  if (system.learns_shapes) label_maps.push_back(data.one.whole_labels);
  Task task{system, data_setup(experiment), {}, {}};
  task.setup["settings"] = options_to_json(settings);
  task.setup["training_images"] = names_of(data.training);
  task.setup["shapes"] = system.learns_shapes ? data.one.name : "synthetic";
  task.note =
      "preset '" + system.preset + "'" +
      (system.preset == "paper" && data.benchmark.paper ? " with the paper's parameters for these data"
                                                        : "") +
      "; learned from " + counted(std::ssize(data.training), "image", "images") + " without labels; shapes " +
      (system.learns_shapes ? "of the objects of " + data.one.name : "synthetic") +
      changes_text(experiment.options.config_name, experiment.options.overrides) + ".";
  task.run = [&experiment, settings, label_maps, name = system.name](TimeSpent& time) {
    const auto& options = experiment.options;
    RunInput input;
    const auto images = image_paths(experiment.data.training);
    const auto annotated = annotated_files({experiment.data.one});
    input.images.assign(images.begin(), images.end());
    input.label_maps.assign(label_maps.begin(), label_maps.end());
    input.annotated.assign(annotated.begin(), annotated.end());
    input.restart = options.restart;
    input.device = options.device;
    const auto folder = experiment.folder(name).root;
    auto trained = run(input, settings, folder, time);
    time.save();
    return segment_test_images(experiment, trained.detector, folder);
  };
  return task;
}

MaskRcnnOptions baseline_settings(const Experiment& experiment, int64_t steps) {
  MaskRcnnOptions options = baseline_defaults();
  if (experiment.data.benchmark.paper) options.size.max_ratio = experiment.data.benchmark.paper->max_ratio;
  for (const auto& entry : experiment.options.baseline_overrides) set_option(options, entry);
  options.size.min = experiment.data.size.min;
  options.size.max = experiment.data.size.max;
  options.training.steps = steps;
  options.validate();
  return options;
}

/// Weights to finetune: the user's, or a network that learned from simulated images.
PretrainedWeights obtain_pretrained(const Experiment& experiment) {
  const auto& options = experiment.options;
  if (!options.pretrained.empty()) return read_pretrained(options.pretrained);
  auto job =
      pretraining_job({experiment.data.benchmark.simulator, options.pretraining_images},
                      baseline_settings(experiment, options.pretraining_steps), experiment.options.seed);
  job.device = experiment.options.device;
  const BaselineFiles files{options.output / "pretraining" / "model.safetensors"};
  train_baseline(job, files, experiment.observer);
  return read_pretrained(files.model);
}

/// What a finetuned system starts from, one phrase. Of a file, also what made it: it may be a stand-in too.
std::string start_text(const Experiment& experiment) {
  const auto& options = experiment.options;
  if (!options.pretrained.empty())
    return "the weights " + options.pretrained + " (" + read_pretrained(options.pretrained).origin + ")";
  return counted(options.pretraining_images, "simulated image", "simulated images") + " (preset " +
         experiment.data.benchmark.simulator + ", " + std::to_string(options.pretraining_steps) +
         " steps): a stand-in, not COCO weights";
}

/// At most `count` annotated images, evenly spread over all.
std::vector<PreparedSource> annotated_sources(const ExperimentData& data, int64_t count) {
  std::vector<PreparedSource> sources;
  for (const size_t index : spread_indices(data.full.size(), count)) sources.push_back(data.full[index]);
  return sources;
}

Task baseline_task(const Experiment& experiment, const PlannedSystem& system) {
  const auto sources = annotated_sources(experiment.data, system.annotated);
  const auto files = annotated_files(sources);
  const auto names = names_of(sources);
  const auto options = baseline_settings(experiment, system.steps);
  const auto start = system.is_finetuned ? start_text(experiment) : "random weights";
  Task task{system, data_setup(experiment), {}, {}};
  task.setup["settings"] = options_to_json(options);
  task.setup["seed"] = experiment.options.seed;
  task.setup["annotated_images"] = names;
  task.setup["start"] = start;
  const std::string learned_from = counted(std::ssize(sources), "annotated image", "annotated images") +
                                   " (" + names.front() + (names.size() > 1 ? " to " + names.back() : "") +
                                   ")";
  task.note = "Mask R-CNN; learned from " + learned_from + "; " +
              (system.is_finetuned ? "heads only, from " : "from ") + start +
              changes_text({}, experiment.options.baseline_overrides) + ".";
  task.run = [&experiment, system, files, options, learned_from](TimeSpent& time) {
    BaselineJob job;
    job.options = options;
    job.seed = experiment.options.seed;
    job.learned_from = learned_from;
    job.restart = experiment.options.restart;
    job.device = experiment.options.device;
    if (system.is_finetuned) {
      job.pretrained = obtain_pretrained(experiment);
      job.options = starting_from(job.pretrained, job.options);
      job.options.training.heads_only = true;
    }
    job.images = [&](const MaskRcnn& model) { return read_annotated(files, model, time); };
    const auto folder = experiment.folder(system.name);
    train_baseline(job, {folder.model()}, time);
    time.save();
    auto model = MaskRcnn::load(folder.model());
    model.to(find_device(experiment.options.device));
    return segment_test_images(experiment, model, folder.root);
  };
  return task;
}

/// @throws Error where the result belongs to another training.
bool is_done(const Experiment& experiment, const Task& task) {
  const auto path = experiment.result_file(task.system.name);
  if (experiment.options.restart || !fs::exists(path)) return false;
  std::ifstream file(path);
  const auto result = nlohmann::json::parse(file, nullptr, false);
  if (!result.is_object()) throw Error(path.string() + " is damaged; delete it, and it is made again");
  if (result.value("training", nlohmann::json()) != task.setup) {
    throw Error(
        path.string() +
        " belongs to a training with other settings or images; give the same, or another output folder, "
        "or --restart");
  }
  return result.value("test", nlohmann::json()) == experiment.test_setup();
}

ScoreReport score(const Experiment& experiment, const std::string& system) {
  const auto folder = experiment.folder(system);
  std::vector<LabelFilePair> pairs;
  for (const auto& image : all_crops(experiment.data.test))
    pairs.push_back({image.name, folder.label_map(image_stem(image.image)), image.labels});
  // Crops keep off the border without truth; of whole images the objects there do not count.
  const auto& cut = experiment.data.cut;
  auto report = score_images(pairs, cut.crop > 0 ? 0 : cut.border, experiment.observer);
  if (!report.failed.empty())
    throw Error(std::to_string(report.failed.size()) + " test images of " + system +
                " could not be scored, see the messages above");
  return report;
}

nlohmann::json result_of(const Experiment& experiment, const Task& task, const ScoreReport& report,
                         double seconds) {
  const Figures averaged = report.averaged(), pooled = figures_of(report.pooled());
  std::vector<double> ap;
  for (const double threshold : paper_thresholds()) ap.push_back(averaged.ap[threshold_index(threshold)]);
  return {{"system", task.system.name},
          {"note", task.note},
          {"annotated", task.system.annotated},
          {"steps", task.system.steps},
          {"seed", experiment.options.seed},
          {"training_seconds", seconds},
          {"AP", ap},
          {"mAP", averaged.map_paper},
          {"pooled_mAP", pooled.map_paper},
          {"pooled_F1", pooled.f1[threshold_index(0.5)]},
          {"device", experiment.options.device},
          {"threads", at::get_num_threads()},
          {"version", version()},
          {"training", task.setup},
          {"test", experiment.test_setup()}};
}

}  // namespace

void run_system(const Experiment& experiment, const PlannedSystem& system) {
  Observer& observer = experiment.observer;
  const Task task =
      system.is_baseline ? baseline_task(experiment, system) : detector_task(experiment, system);
  if (is_done(experiment, task)) {
    observer.info(system.name + ": its result is there already");
    return;
  }
  observer.info(system.name + ": " + task.note);
  const auto folder = experiment.folder(system.name);
  TimeSpent time(folder.root / "training_seconds.txt", experiment.options.restart, observer);
  const auto batch = task.run(time);
  if (batch.failures > 0)
    throw Error(std::to_string(batch.failures) + " test images could not be segmented with " + system.name);
  const auto report = score(experiment, system.name);
  write_text_atomically(folder.root / "scores.csv", score_csv(report));
  const auto result = result_of(experiment, task, report, time.saved_seconds());
  write_text_atomically(experiment.result_file(system.name), result.dump(2) + "\n");
  observer.info(system.name + ": mAP " + fixed_number(report.averaged().map_paper, 4));
}

}  // namespace priorseg
