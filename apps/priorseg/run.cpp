#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "calibration.h"
#include "image_sizes.h"
#include "prior_making.h"
#include "priorseg/data/image_list.h"
#include "reporting.h"
#include "segmentation.h"
#include "settings_options.h"
#include "training.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kReportPictures = 24;

struct RunOptions {
  std::vector<fs::path> images;
  std::vector<fs::path> labels;
  std::string prior;
  std::string output = "priorseg-output";
  bool restart = false;
};

/// A prior that the user gave, or that an interrupted run left, or a new one.
ShapePrior prior_of(const RunOptions& options, const std::vector<fs::path>& label_maps,
                    const Settings& settings, const OutputFolder& folder, const ProgressCallback& progress) {
  if (!options.prior.empty()) return ShapePrior::load(options.prior);
  return obtain_prior(label_maps, settings, folder.prior(), options.restart, progress);
}

void run(const RunOptions& options, const SettingsOptions& settings_options, Shared& shared) {
  const auto start = std::chrono::steady_clock::now();
  Settings settings = resolve_settings(settings_options);
  const auto images = list_images(options.images);
  output_stems(images);  // names that clash are told before the training, not after it
  const auto label_maps = options.labels.empty() ? std::vector<fs::path>() : list_images(options.labels);
  const OutputFolder folder{options.output};
  const auto progress = progress_display(shared);
  if (wants_estimated_sizes(settings_options)) estimate_sizes(images, settings, progress);
  measure_typical_object(images, settings, progress);
  const auto prior = prior_of(options, label_maps, settings, folder, progress);
  settings.prior = prior.options();
  write_settings(settings, folder);
  prior.save(folder.prior());
  auto detector = train_detector(images, prior, settings, folder, options.restart, shared.device, progress);
  if (settings.calibrate && !label_maps.empty()) {
    calibrate_or_tell(detector, find_annotated_images(images, label_maps), progress);
    detector.save(folder.model());
  }
  const auto batch = segment_images(images, detector, detector.options().inference, folder, false,
                                    kReportPictures, progress);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_batch_report(batch, detector, detector.options().inference, settings.seed, folder,
                     {"priorseg run", shared.command_line, seconds});
  tell_outcome(batch, images.size(), folder, shared);
}

}  // namespace

void add_run(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "run", "Raw images in, outlines out: prior, training and segmentation in one go");
  const auto options = std::make_shared<RunOptions>();
  verb->add_option("IMAGES", options->images,
                   "image files or folders (TIFF, PNG, JPEG, BMP; 1 or 3 channels)")
      ->required();
  verb->add_option("-o,--output", options->output, "folder for all results")
      ->type_name("DIR")
      ->capture_default_str();
  auto* labels = verb->add_option("--learn-prior", options->labels,
                                  "learn the shapes from these label maps (one annotated image is enough)")
                     ->type_name("LABELS");
  verb->add_option("--prior", options->prior, "use this shape prior, from 'priorseg prior'")
      ->type_name("FILE")
      ->excludes(labels);
  verb->add_flag("--restart", options->restart, "ignore what an earlier run left in the folder");
  const auto settings = add_settings_options(*verb);
  add_size_option(*verb, *settings, SizeForm::kRangeOrAuto);
  verb->footer(
      "Without --prior and --learn-prior the shapes are synthetic outlines. A run that was interrupted goes "
      "on where it "
      "stopped\nwhen the same command is given again.\n\n"
      "Example:\n  priorseg run images/ --size 18:56 -o out");
  verb->callback([=, &shared] { run(*options, *settings, shared); });
}

}  // namespace priorseg::program
