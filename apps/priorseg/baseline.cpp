#include "priorseg/pipeline/baseline.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "priorseg/core/device.h"
#include "priorseg/data/image_list.h"
#include "priorseg/data/simulator.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/result_files.h"
#include "priorseg/pipeline/segmentation.h"
#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

struct TrainBaselineOptions {
  fs::path images, labels;
  std::string output = "baseline.safetensors";
  std::string pretrained;
  bool finetune = false;
  bool restart = false;
};

/// Told before the training, not after it.
void check_baseline_files(const BaselineFiles& files, std::vector<fs::path> inputs,
                          const std::vector<fs::path>& labels, const std::string& pretrained) {
  inputs.insert(inputs.end(), labels.begin(), labels.end());
  if (!pretrained.empty()) inputs.emplace_back(pretrained);
  check_result_files({files.model, files.losses(), files.checkpoint()}, inputs);
}

void train(const TrainBaselineOptions& options, const SettingsOptions& settings, Shared& shared) {
  BaselineJob job;
  job.seed = settings.seed;
  job.restart = options.restart;
  job.device = shared.device;
  MaskRcnnOptions start = baseline_defaults();
  if (!options.pretrained.empty()) {
    job.pretrained = read_pretrained(options.pretrained);
    start = starting_from(job.pretrained, start);
  }
  start.training.heads_only = options.finetune;
  job.options = resolve_baseline(settings, start);
  const auto images = list_images({options.images}, shared.terminal);
  const auto labels = list_label_maps({options.labels}, shared.terminal);
  const auto files = pair_images_with_labels(images, labels);
  check_baseline_files({options.output}, images, labels, options.pretrained);
  job.learned_from = std::to_string(files.size()) + " annotated images";
  job.images = [&](const MaskRcnn& model) { return read_annotated(files, model, shared.terminal); };
  train_baseline(job, {options.output}, shared.terminal);
  shared.terminal.info("'priorseg baseline segment IMAGES --model " + options.output +
                       "' finds objects with it");
}

void add_train_baseline(CLI::App& parent, Shared& shared) {
  CLI::App* verb = parent.add_subcommand("train", "Trains Mask R-CNN on annotated images");
  const auto options = std::make_shared<TrainBaselineOptions>();
  const auto settings = std::make_shared<SettingsOptions>();
  verb->add_option("IMAGES", options->images, "an image file or a folder")->required();
  verb->add_option(
          "LABELS", options->labels,
          "its label map, or a folder of label maps of the same names; images without one are left out")
      ->required();
  verb->add_option("-o,--output", options->output,
                   "the model; the table of losses and the checkpoint go beside it")
      ->type_name("FILE")
      ->capture_default_str();
  add_size_option(*verb, *settings)->required();
  CLI::Option* pretrained = verb->add_option(
      "--pretrained", options->pretrained,
      "weights to start from: of torchvision, through scripts/torchvision_to_safetensors.py, or of 'priorseg "
      "baseline pretrain'");
  pretrained->type_name("FILE");
  verb->add_flag("--finetune", options->finetune, "train the heads only; the ResNet keeps its weights")
      ->needs(pretrained);
  verb->add_flag("--restart", options->restart, "ignore the checkpoint or model of an earlier training");
  add_override_options(*verb, *settings, "training.steps=500");
  verb->footer("Example:\n  priorseg baseline train images/ labels/ --size 18:56 -o baseline.safetensors");
  verb->callback([=, &shared] { train(*options, *settings, shared); });
}

struct PretrainOptions {
  SimulatedImages images;
  std::string output = "pretrained.safetensors";
  bool restart = false;
};

void pretrain(const PretrainOptions& options, const SettingsOptions& settings, Shared& shared) {
  const SimulatorOptions simulator = simulator_preset(options.images.preset);
  MaskRcnnOptions start = baseline_defaults();
  start.size.min = simulator.min_size;
  start.size.max = simulator.max_size;
  check_baseline_files({options.output}, {}, {}, {});
  auto job = pretraining_job(options.images, resolve_baseline(settings, start), settings.seed);
  job.restart = options.restart;
  job.device = shared.device;
  train_baseline(job, {options.output}, shared.terminal);
  shared.terminal.info("'priorseg baseline train IMAGES LABELS --pretrained " + options.output +
                       "' starts from it");
}

void add_pretrain_baseline(CLI::App& parent, Shared& shared) {
  CLI::App* verb = parent.add_subcommand(
      "pretrain", "Trains Mask R-CNN on simulated images, to start from where there are no COCO weights");
  const auto options = std::make_shared<PretrainOptions>();
  const auto settings = std::make_shared<SettingsOptions>();
  verb->add_option("-o,--output", options->output,
                   "the model; the table of losses and the checkpoint go beside it")
      ->type_name("FILE")
      ->capture_default_str();
  verb->add_option("--preset", options->images.preset, "kind of images, see 'priorseg simulate --help'")
      ->check(CLI::IsMember({"nuclei", "phase", "mixed"}))
      ->capture_default_str();
  verb->add_option("-n,--count", options->images.count, "number of images")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_size_option(*verb, *settings);
  verb->add_flag("--restart", options->restart, "ignore the checkpoint or model of an earlier training");
  add_override_options(*verb, *settings, "training.steps=500");
  verb->footer("Example:\n  priorseg baseline pretrain --preset nuclei -o pretrained.safetensors");
  verb->callback([=, &shared] { pretrain(*options, *settings, shared); });
}

struct SegmentBaselineOptions {
  std::vector<fs::path> images;
  std::string model;
  std::string output = "priorseg-output";
  std::optional<double> score;
  std::optional<std::string> precision;
  std::string save;
  bool resume = false;
};

void segment(const SegmentBaselineOptions& options, Shared& shared) {
  const auto start = std::chrono::steady_clock::now();
  FolderPlan plan;
  plan.inputs = {options.model};
  plan.images = list_images(options.images, shared.terminal);
  plan.resume = options.resume;
  plan.forms = parse_further_forms(options.save);
  OutputFolder folder(options.output, plan, shared.terminal);
  auto model = MaskRcnn::load(options.model);
  auto inference = model.options().inference;
  inference.score = options.score.value_or(inference.score);
  if (options.precision) inference.precision = find_named<Precision>(*options.precision).value();
  inference.validate();
  model.to(find_device(shared.device));
  const auto batch = segment_images(plan.images, model, inference, folder, kReportPictures, shared.terminal);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_baseline_report(batch, model, inference, folder,
                        {"priorseg baseline segment", shared.command_line, seconds}, shared.terminal);
  tell_outcome(batch, plan.images.size(), folder, shared.terminal);
  if (batch.failures > 0) shared.exit_code = 1;
}

void add_segment_baseline(CLI::App& parent, Shared& shared) {
  CLI::App* verb =
      parent.add_subcommand("segment", "Finds and outlines the objects of images with a trained Mask R-CNN");
  const auto options = std::make_shared<SegmentBaselineOptions>();
  verb->add_option("IMAGES", options->images,
                   "image files or folders (TIFF, PNG, JPEG, BMP; 1 or 3 channels)")
      ->required();
  verb->add_option("--model", options->model, "model of 'priorseg baseline train'")
      ->required()
      ->type_name("FILE");
  verb->add_option("-o,--output", options->output,
                   "folder for labels/, overlays/, objects.csv and report.html")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--score", options->score,
                   "objects with a lower score are dropped, 0 to 1 (default: as in the model)")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option(
          "--precision", options->precision,
          "of the network's arithmetic: bfloat16 is faster where the processor has it, and nearly the "
          "same (default: as in the model)")
      ->check(CLI::IsMember(all_names<Precision>()));
  add_save_option(*verb, options->save);
  verb->add_flag(
      "--resume", options->resume,
      "leave images alone that are finished: all forms of --save are there, and the rows of objects.csv");
  verb->footer("Example:\n  priorseg baseline segment images/ --model baseline.safetensors -o results");
  verb->callback([=, &shared] { segment(*options, shared); });
}

}  // namespace

void add_baseline(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "baseline", "Mask R-CNN, learned from annotated images: what the label-free way is compared with");
  verb->require_subcommand(1);
  verb->footer(
      "Example:\n  priorseg baseline train images/ labels/ --size 18:56 -o baseline.safetensors\n"
      "  priorseg baseline segment more_images/ --model baseline.safetensors -o results");
  add_train_baseline(*verb, shared);
  add_segment_baseline(*verb, shared);
  add_pretrain_baseline(*verb, shared);
}

}  // namespace priorseg::program
