#include "settings_options.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/min_max.h"
#include "priorseg/core/options.h"

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
              (or_auto ? "; 'auto', as without it: estimated from the images" : ""))
      ->check([or_auto](const std::string& text) {
        if (or_auto && text == kAuto) return std::string();
        const std::string complaint = complaint_about<parse_min_max>(text);
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

void add_appearance_options(CLI::App& verb, AppearanceOptions& options, const std::string& automatic) {
  verb.add_option("--channel", options.channel,
                  "what is looked at: grey (mean of the channels), red, green, blue, 1 to 3, or a stain of "
                  "tissue: hematoxylin, eosin, dab; auto, as without it: " +
                      automatic)
      ->check(complaint_about<parse_channel>)
      ->type_name("CHANNEL");
  verb.add_option("--polarity", options.polarity,
                  "objects are bright or dark on their surroundings, or dark because they are absorbing the "
                  "light that goes "
                  "through, or stand out as a relief: by contrast of "
                  "both kinds, as cells in phase contrast; auto, as without it: " +
                      automatic)
      ->check(CLI::IsMember(all_names<Polarity>()));
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
