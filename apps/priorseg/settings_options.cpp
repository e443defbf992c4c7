#include "settings_options.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/min_max.h"
#include "priorseg/core/options.h"
#include "priorseg/core/plate_names.h"
#include "priorseg/image/axes_text.h"
#include "priorseg/image/image_level.h"
#include "priorseg/image/pixel_region.h"
#include "priorseg/output/markup.h"
#include "priorseg/pipeline/sizes.h"

namespace priorseg::program {
namespace {

constexpr const char* kAuto = "auto";

/// What --config, --set and --size say.
template <class Options>
void apply_overrides(Options& settings, double& smallest, double& largest, const SettingsOptions& options) {
  if (!options.config.empty()) options_from_json(settings, read_config(options.config));
  for (const auto& entry : options.overrides) set_option(settings, entry);
  if (const auto size = given_size(options)) smallest = size->min, largest = size->max;
}

}  // namespace

nlohmann::json read_config(const std::string& path) {
  std::ifstream file(path);
  auto json = nlohmann::json::parse(file, nullptr, false);
  if (!file.is_open() || json.is_discarded())
    throw Error(path + " is no JSON file, expected settings as in settings.json");
  return json;
}

std::optional<MinMax> given_size(const SettingsOptions& options) {
  if (options.size.empty() || options.size == kAuto) return std::nullopt;
  return parse_min_max(options.size);
}

CLI::Option* add_size_option(CLI::App& verb, SettingsOptions& options, SizeForm form) {
  const bool or_auto = form == SizeForm::kRangeOrAuto;
  return verb
      .add_option(
          "--size", options.size,
          std::string("smallest and largest object in px of your image, as sqrt(height x width) of its "
                      "bounding box, e.g. 18:56") +
              (or_auto ? "; in micrometres, 8um:25um, where the images say how large a pixel is; 'auto', as "
                         "without "
                         "it: estimated from the images"
                       : ""))
      ->check([or_auto](const std::string& text) {
        if (or_auto && text == kAuto) return std::string();
        const std::string complaint =
            or_auto ? complaint_about<parse_size_range>(text) : complaint_about<parse_min_max>(text);
        return complaint.empty() || !or_auto ? complaint : complaint + ", or auto";
      })
      ->type_name(or_auto ? "MIN:MAX|auto" : "MIN:MAX");
}

CLI::Option* add_save_option(CLI::App& verb, std::string& names) {
  return verb
      .add_option("--save", names,
                  "forms in which objects are written, with commas between them: labels, overlay and csv "
                  "always; rois (ImageJ), geojson (QuPath), coco, ctc (Cell Tracking Challenge), cellpose")
      ->check(complaint_about<parse_further_forms>)
      ->type_name("FORM,...");
}

void add_images_option(CLI::App& verb, ImagesOption& images) {
  verb.add_option("IMAGES", images.names,
                  "image files, folders, names with * or ?, or a text file with a name on each line (TIFF, "
                  "PNG, JPEG, "
                  "BMP)")
      ->required();
  verb.add_flag("--recursive", images.recursive, "take images in folders below the folders, too");
}

void add_appearance_options(CLI::App& verb, AppearanceOptions& options, const std::string& automatic) {
  verb.add_option(
          "--channel", options.channel,
          "what is looked at: the name or number of a channel of a file; of a colour picture grey (mean of "
          "the colours), red, green, blue, or a stain of tissue: hematoxylin, eosin, dab; auto, as without "
          "it: " +
              automatic)
      ->type_name("CHANNEL");
  verb.add_option("--z", options.planes.slices,
                  "slices of a stack that are looked at: 3, or 2:5; without it all, see --project")
      ->check(complaint_about<check_plane_range>)
      ->type_name("N|FIRST:LAST");
  verb.add_option("--t", options.planes.frames,
                  "frames of a film that are looked at, likewise; without it every one")
      ->check(complaint_about<check_plane_range>)
      ->type_name("N|FIRST:LAST");
  verb.add_option("--project", options.project,
                  "how the slices of a stack become one picture: best-focus (the sharpest one), max, mean; "
                  "none: each "
                  "is a picture of its own; auto, as without it: best-focus, or as the model was trained")
      ->check(CLI::IsMember(all_names<Projection>()));
  verb.add_option(
          "--axes", options.planes.axes,
          "what the pages of a TIFF are, where it does not say so or is wrong: T, Z and C before YX, slowest "
          "first, with lengths where they do not follow: ZYX, CYX, T10C2YX")
      ->check(complaint_about<check_axes>)
      ->type_name("AXES");
  verb.add_option(
          "--level", options.planes.level,
          "level of a pyramid that is looked at: its number, 0 being the full picture, or the size of its "
          "pixels, 0.5um: the smallest picture whose pixels are no larger; without it the full one")
      ->check(complaint_about<check_level>)
      ->type_name("N|SIZE");
  verb.add_option("--region", options.planes.region,
                  "part of the picture that is looked at, in pixels of the full one")
      ->check(complaint_about<check_region>)
      ->type_name("X,Y,W,H");
  verb.add_option(
          "--mask", options.planes.mask,
          "picture of the same field, of any size, that is 0 where not to look: an annotation of tissue, say")
      ->check(CLI::ExistingPath)
      ->type_name("FILE");
  verb.add_option("--polarity", options.polarity,
                  "objects are bright or dark on their surroundings, or dark because they are absorbing the "
                  "light that goes "
                  "through, or stand out as a relief: by contrast of "
                  "both kinds, as cells in phase contrast; auto, as without it: " +
                      automatic)
      ->check(CLI::IsMember(all_names<Polarity>()));
}

CLI::Option* add_plate_option(CLI::App& verb, std::string& pattern) {
  return verb
      .add_option(
          "--plate-pattern", pattern,
          "how names of images tell plate, well, site and channel, for summary.csv: a regular expression "
          "with named groups, such as '(?<well>[A-H]\\d\\d)_f(?<site>\\d+)'; auto: as well-known "
          "microscopes name them; none")
      ->check(complaint_about<check_plate_pattern>)
      ->type_name("REGEX")
      ->capture_default_str();
}

void apply_planes(const AppearanceOptions& options, PlaneOptions& settings) {
  if (options.channel) settings.channel = find_named<ImageChannel>(*options.channel) ? "" : *options.channel;
  if (options.project) settings.project = find_named<Projection>(*options.project).value();
}

SettingsOptions with_size_in_px(const SettingsOptions& options,
                                const std::vector<std::filesystem::path>& images, Observer& observer) {
  if (options.size.empty() || options.size == kAuto) return options;
  const auto said = parse_size_range(options.size);
  if (!said.is_in_um) return options;
  SettingsOptions in_px = options;
  const auto range = sizes_in_px(said.range, {images.begin(), images.end()}, observer);
  in_px.size = short_number(range.min) + ":" + short_number(range.max);
  return in_px;
}

bool wants_estimated_sizes(const SettingsOptions& options) {
  if (!options.size.empty()) return options.size == kAuto;
  const auto says_size = [](const std::string& entry) { return entry.starts_with("detector.size.m"); };
  if (std::any_of(options.overrides.begin(), options.overrides.end(), says_size)) return false;
  if (options.config.empty()) return true;
  const auto size =
      read_config(options.config).value("/detector/size"_json_pointer, nlohmann::json::object());
  return !size.contains("min") && !size.contains("max");
}

void add_override_options(CLI::App& verb, SettingsOptions& options, const std::string& example) {
  verb.add_option("--config", options.config, "settings.json of an earlier run, or a part of one")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  verb.add_option("--set", options.overrides, "one setting, e.g. " + example + " (names as in settings.json)")
      ->type_name("NAME=VALUE")
      ->expected(1)  // a time: images may follow
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(complaint_about<split_override>);
  options.seed_option =
      verb.add_option("--seed", options.seed, "seed of every random choice")->capture_default_str();
}

std::shared_ptr<SettingsOptions> add_settings_options(CLI::App& verb) {
  auto options = std::make_shared<SettingsOptions>();
  verb.add_option("--preset", options->preset, "'default', or 'paper': Chen et al. 2020 to the letter")
      ->check(CLI::IsMember({"default", "paper"}))
      ->capture_default_str();
  add_override_options(verb, *options, "detector.training.steps=500");
  return options;
}

Settings resolve_settings(const SettingsOptions& options) {
  Settings settings = make_settings(options.preset);
  apply_overrides(settings, settings.detector.size.min, settings.detector.size.max, options);
  apply_appearance(options.appearance, settings.detector.intensity);
  if (!options.save.empty()) settings.save = options.save;
  apply_planes(options.appearance, settings.detector.planes);
  if (options.seed_option->count() > 0) settings.seed = options.seed;
  settings.validate();
  return settings;
}

MaskRcnnOptions resolve_baseline(const SettingsOptions& options, MaskRcnnOptions start) {
  apply_overrides(start, start.size.min, start.size.max, options);
  start.validate();
  return start;
}

}  // namespace priorseg::program
