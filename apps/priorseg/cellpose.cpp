#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/core/device.h"
#include "priorseg/data/image_list.h"
#include "priorseg/pipeline/cellpose_masks.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/segmentation.h"
#include "verbs.h"

// A command line like Cellpose's, for programs that start it. Names of options are Cellpose's.
namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

struct CellposeOptions {
  std::string dir, image_path, savedir, img_filter, model;
  double diameter = 0;
  int64_t channel = 0;
  bool one_level_down = false, invert = false, use_gpu = false, no_npy = false;
  CellposeMaskOptions masks;
};

/// An option of Cellpose that is taken, but cannot be heeded.
struct UnheededOption {
  const char* name;
  int values;
  bool is_told;  ///< it could have changed the result
};

constexpr UnheededOption kUnheeded[] = {
    {"--verbose", 0, false},
    {"--gpu_device", 1, false},
    {"--batch_size", 1, false},
    {"--no_resample", 0, false},
    {"--no_interp", 0, false},
    {"--fast_mode", 0, false},
    {"--resample", 0, false},
    {"--save_every", 1, false},
    {"--chan2", 1, true},
    {"--all_channels", 0, true},
    {"--channel_axis", 1, true},
    {"--z_axis", 1, true},
    {"--flow_threshold", 1, true},
    {"--cellprob_threshold", 1, true},
    {"--niter", 1, true},
    {"--anisotropy", 1, true},
    {"--augment", 0, true},
    {"--net_avg", 0, true},
    {"--no_norm", 0, true},
    {"--norm_percentile", 2, true},
    {"--restore_type", 1, true},
    {"--chan2_restore", 0, true},
    {"--transformer", 0, true},
    {"--max_size_fraction", 1, true},
    {"--save_rois", 0, true},
    {"--save_txt", 0, true},
    {"--save_outlines", 0, true},
    {"--save_flows", 0, true},
    {"--save_mpl", 0, true},
    {"--output_name", 1, true},
    {"--stitch_threshold", 1, true},
};

/// Options that ask for another kind of work, or for results elsewhere: a result without them would be wrong.
constexpr UnheededOption kRefused[] = {
    {"--train", 0, true},     {"--train_size", 0, true}, {"--do_3D", 0, true},     {"--Zstack", 0, true},
    {"--dir_above", 0, true}, {"--in_folders", 0, true}, {"--add_model", 1, true},
};

void add_unheeded(CLI::App& verb, const UnheededOption& option) {
  // Not in the help: nobody should write them by hand.
  if (option.values == 0)
    verb.add_flag(option.name)->group("");
  else
    verb.add_option(option.name)->expected(option.values)->group("");
}

/// Names of those that were given, with commas between.
template <size_t N>
std::string given_of(const CLI::App& verb, const UnheededOption (&options)[N]) {
  std::string names;
  for (const auto& option : options)
    if (option.is_told && verb.count(option.name) > 0)
      names += (names.empty() ? "" : ", ") + std::string(option.name);
  return names;
}

void tell_unheeded(const CLI::App& verb, const CellposeOptions& options, Observer& observer) {
  if (const auto refused = given_of(verb, kRefused); !refused.empty())
    throw Error("priorseg cellpose cannot do what " + refused +
                " asks for; it finds objects in images with a trained model");
  if (const auto ignored = given_of(verb, kUnheeded); !ignored.empty())
    observer.warn("of Cellpose's options these mean nothing here: " + ignored);
  if (!options.no_npy) observer.info("no _seg.npy is written");
}

std::vector<fs::path> images_of(const CellposeOptions& options, Observer& observer) {
  if (options.dir.empty() == options.image_path.empty())
    throw Error("expected one of --dir, a folder of images, and --image_path, an image");
  const auto folders = options.one_level_down ? Folders::kWithThoseBelow : Folders::kThemselves;
  auto images = list_images({options.dir.empty() ? options.image_path : options.dir}, observer, folders);
  std::erase_if(images,
                [&](const fs::path& image) { return !image.stem().string().ends_with(options.img_filter); });
  if (images.empty())
    throw Error("no image of " + options.dir + " has a name that ends in " + options.img_filter);
  return images;
}

/// Where Cellpose would put the masks.
fs::path mask_folder(const CellposeOptions& options) {
  if (!options.savedir.empty()) return options.savedir;
  if (!options.dir.empty()) return options.dir;
  const fs::path folder = fs::path(options.image_path).parent_path();
  return folder.empty() ? "." : folder;
}

void use_gpu(Detector& detector, const CellposeOptions& options, const Shared& shared, Observer& observer) {
  std::string device = shared.device;
  if (options.use_gpu && device == "cpu") {
    try {
      find_device("cuda");
      device = "cuda";
    } catch (const Error&) {
      observer.info("--use_gpu: there is no GPU that can be used; the processor computes");
    }
  }
  detector.to(find_device(device));
}

void check_diameter(double diameter, const SizeOptions& size, Observer& observer) {
  if (diameter <= 0 || (diameter >= size.min && diameter <= size.max)) return;
  char text[160];
  std::snprintf(
      text, sizeof(text),
      "--diameter %.4g: the model looks for objects of %.4g to %.4g px, and keeps to them; train one "
      "with other sizes",
      diameter, size.min, size.max);
  observer.warn(text);
}

void segment_for_cellpose(const CLI::App& verb, CellposeOptions options, Shared& shared) {
  const auto start = std::chrono::steady_clock::now();
  tell_unheeded(verb, options, shared.terminal);
  FolderPlan plan;
  plan.inputs = {options.model};
  plan.images = images_of(options, shared.terminal);
  if (!options.masks.png) options.masks.tif = true;
  options.masks.folder = mask_folder(options);
  OutputFolder folder(options.masks.folder / "priorseg", plan, shared.terminal);
  CellposeMasks masks(plan.images, folder, options.masks, shared.terminal);
  auto detector = Detector::load(options.model);
  use_gpu(detector, options, shared, shared.terminal);
  check_diameter(options.diameter, detector.options().size, shared.terminal);
  auto inference = detector.options().inference;
  if (options.invert) inference.polarity = Polarity::kDark;
  auto chosen = detector.options();
  if (options.channel > 0) chosen.planes.channel = std::to_string(options.channel);
  const auto planes =
      choose_planes_of_files({plan.images.begin(), plan.images.end()}, {}, chosen, shared.terminal);
  const auto batch = segment_images(plan.images, detector, inference, folder, kReportPictures, masks, planes);
  masks.finish();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_batch_report(batch, detector, inference, 1, folder,
                     {"priorseg cellpose", shared.command_line, seconds}, shared.terminal);
  tell_outcome(batch, plan.images.size(), folder, shared.terminal);
  // Programs that start Cellpose take any other code for a failure, so what cannot be trusted is told alone.
  shared.exit_code = batch.failures + masks.failures() > 0 ? 1 : 0;
}

void add_heeded(CLI::App& verb, CellposeOptions& options) {
  verb.add_option("--dir", options.dir, "folder of images")->type_name("DIR");
  verb.add_option("--image_path", options.image_path, "one image instead")->type_name("FILE");
  verb.add_flag("--look_one_level_down", options.one_level_down, "images of the folders below, too");
  verb.add_option("--img_filter", options.img_filter, "images whose names end so alone, without .tif");
  verb.add_option("--pretrained_model", options.model, "model.safetensors from 'priorseg run'")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  verb.add_option(
          "--diameter", options.diameter,
          "is compared with the sizes of the model, which it was trained for, and told where it differs")
      ->check(CLI::NonNegativeNumber)
      ->take_last()  // as there
      ->type_name("PX");
  verb.add_option("--chan", options.channel,
                  "channel of files with several, or 1 to 3 for red, green or blue; 0: that of the model")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  verb.add_flag("--invert", options.invert, "objects are dark");
  verb.add_flag("--use_gpu", options.use_gpu, "where there is one");
  verb.add_flag("--no_npy", options.no_npy, "as it is always");
  verb.add_option("--min_size", options.masks.min_size, "smaller objects are left out of the masks")
      ->check(CLI::Range(-1, 1000000000))
      ->type_name("PX");
  verb.add_flag("--exclude_on_edges", options.masks.exclude_on_edges,
                "objects at the border are left out of the masks");
  verb.add_flag("--save_tif", options.masks.tif, "writes <image>_cp_masks.tif, as without --save_png");
  verb.add_flag("--save_png", options.masks.png, "writes <image>_cp_masks.png, of 16 bits");
  verb.add_option("--savedir", options.savedir, "folder for the masks (default: that of the images)")
      ->type_name("DIR");
}

}  // namespace

void add_cellpose(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "cellpose",
      "Takes the command line of Cellpose, for programs that start it, and writes what they read");
  const auto options = std::make_shared<CellposeOptions>();
  options->masks.tif = false;
  add_heeded(*verb, *options);
  for (const auto& option : kUnheeded) add_unheeded(*verb, option);
  for (const auto& option : kRefused) add_unheeded(*verb, option);
  verb->footer(
      "Other options of Cellpose are accepted, and told where they mean nothing here. Table, report and "
      "label "
      "maps\nare in the folder 'priorseg' beside the masks.\n\n"
      "Example:\n  priorseg cellpose --dir images --pretrained_model out/model.safetensors --save_tif "
      "--no_npy");
  verb->callback([=, &shared] { segment_for_cellpose(*verb, *options, shared); });
}

}  // namespace priorseg::program
