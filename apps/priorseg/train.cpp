#include <filesystem>
#include <memory>

#include "priorseg/data/image_list.h"
#include "priorseg/pipeline/run.h"
#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

struct TrainOptions {
  ImagesOption images;
  std::string prior;
  std::string output = "priorseg-output";
  bool restart = false;
};

void train(const TrainOptions& options, const SettingsOptions& settings_options, Shared& shared) {
  RunInput input;
  const auto images = list_images(options.images.names, shared.terminal, options.images.folders());
  const Settings settings = resolve_settings(with_size_in_px(settings_options, images, shared.terminal));
  input.planes = settings_options.appearance.planes;
  input.images.assign(images.begin(), images.end());
  input.prior_file = options.prior;
  input.estimate_sizes = wants_estimated_sizes(settings_options);
  input.restart = options.restart;
  input.device = shared.device;
  run(input, settings, options.output, shared.terminal);
  const std::string model = OutputPaths{options.output}.model().string();
  shared.terminal.info(model + " written; 'priorseg segment IMAGES --model " + model +
                       "' finds objects with it");
}

}  // namespace

void add_train(CLI::App& program, Shared& shared) {
  CLI::App* verb =
      program.add_subcommand("train", "Trains a detector on raw images with a given shape prior");
  const auto options = std::make_shared<TrainOptions>();
  add_images_option(*verb, options->images);
  verb->add_option("--prior", options->prior, "shape prior, from 'priorseg prior'")
      ->required()
      ->type_name("FILE");
  verb->add_option("-o,--output", options->output, "folder for model, checkpoints, previews and losses.csv")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_flag("--restart", options->restart,
                 "ignore the checkpoint or model of an earlier training in the folder");
  const auto settings = add_settings_options(*verb);
  add_size_option(*verb, *settings, SizeForm::kRangeOrAuto);
  add_appearance_options(*verb, settings->appearance, "what the images ask for");
  verb->footer(
      "A training that was interrupted goes on from its last checkpoint when the same command is given "
      "again.\n\n"
      "Example:\n  priorseg train images/ --prior prior.safetensors --size 18:56 -o out");
  verb->callback([=, &shared] { train(*options, *settings, shared); });
}

}  // namespace priorseg::program
