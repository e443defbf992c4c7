#include <filesystem>
#include <memory>

#include "priorseg/core/device.h"
#include "priorseg/data/image_list.h"
#include "priorseg/pipeline/calibration.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/result_files.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

struct CalibrateOptions {
  std::filesystem::path images, labels;
  std::string model;
  std::string output = "calibrated.safetensors";
};

void calibrate_model(const CalibrateOptions& options, Shared& shared) {
  const auto images = list_images({options.images}, shared.terminal);
  const auto labels = list_label_maps({options.labels}, shared.terminal);
  const auto files = pair_images_with_labels(images, labels);
  auto inputs = images;
  inputs.insert(inputs.end(), labels.begin(), labels.end());
  inputs.emplace_back(options.model);
  check_result_files({options.output}, inputs);
  auto detector = Detector::load(options.model);
  detector.to(find_device(shared.device));
  auto known = detector.options();
  const auto planes = choose_planes_of_files({images.begin(), images.end()}, {}, known, shared.terminal);
  std::vector<AnnotatedInput> annotated(files.begin(), files.end());
  for (auto& pair : annotated) pair.image = pair.image.with_planes(planes);
  calibrate(detector, annotated, shared.terminal);
  detector.save(options.output);
  shared.terminal.info("'priorseg segment IMAGES --model " + options.output + "' draws such outlines");
}

}  // namespace

void add_calibrate(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "calibrate", "Makes the outlines of a trained model as tight or wide as those of annotated images");
  const auto options = std::make_shared<CalibrateOptions>();
  verb->add_option("IMAGES", options->images, "an image file or a folder")->required();
  verb->add_option(
          "LABELS", options->labels,
          "its label map, or a folder of label maps of the same names; one image with some annotated "
          "objects is enough")
      ->required();
  verb->add_option("--model", options->model, "model.safetensors from 'priorseg run' or 'priorseg train'")
      ->required()
      ->type_name("FILE");
  verb->add_option("-o,--output", options->output, "the calibrated model")
      ->type_name("FILE")
      ->capture_default_str();
  verb->footer(
      "Only the level at which masks are cut is chosen; nothing is learned anew. 'priorseg run "
      "--learn-prior' "
      "does the\nsame after its training, where the images of the label maps are among those that it learns "
      "from.\n\n"
      "Example:\n"
      "  priorseg calibrate images/a01.tif a01_labels.tif --model out/model.safetensors -o "
      "tight.safetensors");
  verb->callback([=, &shared] { calibrate_model(*options, shared); });
}

}  // namespace priorseg::program
