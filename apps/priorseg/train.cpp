#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>

#include "image_sizes.h"
#include "priorseg/data/image_list.h"
#include "settings_options.h"
#include "training.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

struct TrainOptions {
  std::vector<std::filesystem::path> images;
  std::string prior;
  std::string output = "priorseg-output";
  bool restart = false;
};

void train(const TrainOptions& options, const SettingsOptions& settings_options, const Shared& shared) {
  Settings settings = resolve_settings(settings_options);
  const auto prior = ShapePrior::load(options.prior);
  settings.prior = prior.options();
  const OutputFolder folder{options.output};
  const auto images = list_images(options.images);
  const auto progress = progress_display(shared);
  if (wants_estimated_sizes(settings_options)) estimate_sizes(images, settings, progress);
  measure_typical_object(images, settings, progress);
  write_settings(settings, folder);
  train_detector(images, prior, settings, folder, options.restart, shared.device, progress);
  spdlog::info("{} written; 'priorseg segment IMAGES --model {}' finds objects with it",
               folder.model().string(), folder.model().string());
}

}  // namespace

void add_train(CLI::App& program, Shared& shared) {
  CLI::App* verb =
      program.add_subcommand("train", "Trains a detector on raw images with a given shape prior");
  const auto options = std::make_shared<TrainOptions>();
  verb->add_option("IMAGES", options->images,
                   "image files or folders (TIFF, PNG, JPEG, BMP; 1 or 3 channels)")
      ->required();
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
  verb->footer(
      "A training that was interrupted goes on from its last checkpoint when the same command is given "
      "again.\n\n"
      "Example:\n  priorseg train images/ --prior prior.safetensors --size 18:56 -o out");
  verb->callback([=, &shared] { train(*options, *settings, shared); });
}

}  // namespace priorseg::program
