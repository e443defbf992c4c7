#include "priorseg/experiment/experiment.h"

#include <memory>

#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

constexpr const char* kExperimentFooter =
    "Data sets (docs/developer/datasets.md tells where to get them, and the layout of FOLDER):\n"
    "  bbbc006, fluo-n2dh-sim+, phc-c2dl-psc   those of Chen et al. 2020, with their splits and crops\n"
    "  bbbc039                                 the assay of bbbc006, with manual truth\n"
    "  simulated-hl60                          a stand-in for fluo-n2dh-sim+, from priorseg simulate\n"
    "  folder                                  your own: images/ and labels/ with files of the same names\n"
    "\n"
    "Systems: ours-annotation, ours-synthetic (the paper's method), mrcnn-scratch-one, mrcnn-scratch-full,\n"
    "mrcnn-finetune-one, mrcnn-finetune-full (Mask R-CNN), default-annotation, default-synthetic (this "
    "program's\n"
    "default preset).\n"
    "\n"
    "Writes results.md, results.csv and report.html, anew after each system. A system whose result is there "
    "is not\n"
    "run again, and an interrupted one goes on when the same command is given again.\n"
    "\n"
    "Example:\n"
    "  priorseg experiment bbbc039 BBBC039/ --systems all --budget 1,2,5,10,25,50,100 -o comparison";

/// What the user said, whichever options it was said with.
ExperimentOptions complete(ExperimentOptions options, const SettingsOptions& settings, const Shared& shared) {
  if (!settings.config.empty()) options.config = read_config(settings.config);
  options.config_name = settings.config;
  options.overrides = settings.overrides;
  options.size = given_size(settings);
  options.seed = settings.seed;
  options.device = shared.device;
  options.command_line = shared.command_line;
  return options;
}

void add_data_options(CLI::App& verb, ExperimentOptions& options) {
  verb.add_option("DATASET", options.data_set, "name of the data set, see below")
      ->required()
      ->check(CLI::IsMember(benchmark_names()));
  verb.add_option("FOLDER", options.folder, "where it was unpacked")->required();
  verb.add_option(
          "--crop", options.crop,
          "px; side of the squares that each image is cut into, 0 = whole images (default: the data set's "
          "protocol)")
      ->check(CLI::Range(0, 100000));
  verb.add_option("--test-images", options.test_images,
                  "at most so many test images, evenly spread, for a quick look; 0 = all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--train-share", options.split.train_share,
                  "data set 'folder': share of the images, from the first on, that is learned from")
      ->check(CLI::Range(0.01, 0.99))
      ->capture_default_str();
  verb.add_option("--test-images-folder", options.split.test_images,
                  "data set 'folder': test images of their own; all of FOLDER is learned from then")
      ->type_name("DIR");
  verb.add_option("--test-labels-folder", options.split.test_labels, "their label maps")->type_name("DIR");
}

void add_training_options(CLI::App& verb, ExperimentOptions& options) {
  const auto number = [&](const char* name, int64_t& value, const char* help) {
    verb.add_option(name, value, help)->check(CLI::PositiveNumber)->capture_default_str();
  };
  verb.add_option("--steps-ours", options.budgets.ours,
                  "training steps of label-free systems; 0 = as their presets say")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  number("--iterations-full", options.budgets.full,
         "training steps of Mask R-CNN on two annotated images or more");
  number("--iterations-one", options.budgets.one, "training steps of Mask R-CNN on one annotated image");
  verb.add_option("--pretrained", options.pretrained,
                  "COCO weights to finetune, through scripts/torchvision_to_safetensors.py; without them a "
                  "network is trained on simulated images, and every table says so")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  number("--iterations-pretrain", options.pretraining_steps, "training steps on simulated images");
  number("--images-pretrain", options.pretraining_images, "number of simulated images");
  verb.add_option("--set-baseline", options.baseline_overrides,
                  "one setting of Mask R-CNN, as --set of 'priorseg baseline train'")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(complaint_about<split_override>);
}

}  // namespace

void add_experiment(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "experiment", "Compares the label-free way with Mask R-CNN on a data set: tables, curves, pictures");
  const auto options = std::make_shared<ExperimentOptions>();
  const auto settings = std::make_shared<SettingsOptions>();
  add_data_options(*verb, *options);
  verb->add_option("--systems", options->systems, "'all', or names with commas between them, see below")
      ->capture_default_str();
  verb->add_option("--budget", options->budget,
                   "numbers of annotated images with commas between them: one Mask R-CNN each, as a curve")
      ->type_name("N,N,...");
  verb->add_option("--budget-start", options->budget_start, "what these start from: 'scratch' or 'finetune'")
      ->check(CLI::IsMember({"scratch", "finetune"}))
      ->capture_default_str();
  verb->add_option("-o,--output", options->output, "folder for models, label maps and results")
      ->type_name("DIR")
      ->capture_default_str();
  add_size_option(*verb, *settings);
  add_training_options(*verb, *options);
  verb->add_option("--panels", options->panels, "test images that are shown side by side, 0 = none")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  verb->add_flag("--restart", options->restart, "ignore results, checkpoints and models of an earlier call");
  add_override_options(*verb, *settings, "detector.training.batch_size=2 of the label-free systems");
  verb->footer(kExperimentFooter);
  verb->callback([=, &shared] { run_experiment(complete(*options, *settings, shared), shared.terminal); });
}

}  // namespace priorseg::program
