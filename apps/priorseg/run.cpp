#include "priorseg/pipeline/run.h"

#include <filesystem>
#include <memory>

#include "priorseg/data/image_list.h"
#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

struct RunOptions {
  ImagesOption images;
  std::vector<fs::path> labels;
  std::string prior;
  std::string output = "priorseg-output";
  bool restart = false;
  bool split = false;
  std::string plate_pattern = "auto";
};

void run_job(const RunOptions& options, const SettingsOptions& settings_options, Shared& shared) {
  RunInput input;
  input.segmented = list_images(options.images.names, shared.terminal, options.images.folders());
  const Settings settings =
      resolve_settings(with_size_in_px(settings_options, input.segmented, shared.terminal));
  input.planes = settings_options.appearance.planes;
  input.images.assign(input.segmented.begin(), input.segmented.end());
  if (!options.labels.empty()) {
    const auto label_maps = list_label_maps(options.labels, shared.terminal);
    const auto split = options.split ? LabelSplit::kParts : LabelSplit::kRefuseMasks;
    for (const auto& file : label_maps) input.label_maps.emplace_back(file, split);
  }
  input.prior_file = options.prior;
  input.estimate_sizes = wants_estimated_sizes(settings_options);
  input.restart = options.restart;
  input.plate_pattern = options.plate_pattern;
  input.device = shared.device;
  input.command_line = shared.command_line;
  const auto result = run(input, settings, options.output, shared.terminal);
  shared.exit_code = exit_code_of(*result.batch);
}

}  // namespace

void add_run(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "run", "Raw images in, outlines out: prior, training and segmentation in one go");
  const auto options = std::make_shared<RunOptions>();
  add_images_option(*verb, options->images);
  verb->add_option("-o,--output", options->output, "folder for all results")
      ->type_name("DIR")
      ->capture_default_str();
  auto* labels = verb->add_option("--learn-prior", options->labels,
                                  "learn the shapes from these label maps (one annotated image is enough)")
                     ->type_name("LABELS");
  verb->add_flag(
          "--split", options->split,
          "each connected part of a label of --learn-prior is an object: for masks, where all objects have "
          "one number")
      ->needs(labels);
  verb->add_option("--prior", options->prior, "use this shape prior, from 'priorseg prior'")
      ->type_name("FILE")
      ->excludes(labels);
  verb->add_flag("--restart", options->restart, "ignore what an earlier run left in the folder");
  const auto settings = add_settings_options(*verb);
  add_size_option(*verb, *settings, SizeForm::kRangeOrAuto);
  add_appearance_options(*verb, settings->appearance, "what the images ask for");
  add_save_option(*verb, settings->save);
  add_plate_option(*verb, options->plate_pattern);
  verb->footer(
      "Without --prior and --learn-prior the shapes are synthetic outlines. A run that was interrupted goes "
      "on where it "
      "stopped\nwhen the same command is given again.\n\n"
      "Example:\n  priorseg run images/ --size 18:56 -o out");
  verb->callback([=, &shared] { run_job(*options, *settings, shared); });
}

}  // namespace priorseg::program
