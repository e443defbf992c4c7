#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/min_max.h"
#include "priorseg/core/result_form.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/plane_choice.h"
#include "priorseg/maskrcnn/options.h"

namespace priorseg::program {

/// The images that the user named.
struct ImagesOption {
  std::vector<std::filesystem::path> names;
  bool recursive = false;

  Folders folders() const { return recursive ? Folders::kWithThoseBelow : Folders::kThemselves; }
};

/// Declares IMAGES and --recursive.
void add_images_option(CLI::App& verb, ImagesOption& images);

/// What the user said about what is looked at.
struct AppearanceOptions {
  std::optional<std::string> channel, polarity;
  std::optional<std::string> project;
  PlaneChoice planes;  ///< of one job's files: slices, frames, axes, level, region and mask
};

/// What the user said about the settings on the command line.
struct SettingsOptions {
  std::string preset = "default";
  std::string config;                  ///< settings.json of an earlier run, or a part of one
  std::vector<std::string> overrides;  ///< "detector.training.steps=500"
  std::string size;                    ///< "18:56", "auto", or empty where nothing was said
  AppearanceOptions appearance;
  std::string save;  ///< of --save, empty where nothing was said
  uint64_t seed = 1;
  CLI::Option* seed_option = nullptr;
};

/// What --size takes.
enum class SizeForm { kRange, kRangeOrAuto };

/// The message of the Error that `read` throws about a text, or nothing: a check as CLI11 wants it.
template <auto read>
std::string complaint_about(const std::string& text) {
  try {
    read(text);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

/// Declares --preset, --config, --set and --seed.
std::shared_ptr<SettingsOptions> add_settings_options(CLI::App& verb);

/// Declares --size.
CLI::Option* add_size_option(CLI::App& verb, SettingsOptions& options, SizeForm form = SizeForm::kRange);

/// Declares --save. @param names  stays as it is where the user does not say anything.
CLI::Option* add_save_option(CLI::App& verb, std::string& names);

/// Declares --plate-pattern.
CLI::Option* add_plate_option(CLI::App& verb, std::string& pattern);

/// Declares --channel, --polarity, --z, --t, --project and --axes. @param automatic  what 'auto' means.
void add_appearance_options(CLI::App& verb, AppearanceOptions& options, const std::string& automatic);

/// Puts what --channel says of colours, and --polarity, into settings that have both.
template <class AnyOptions>
void apply_appearance(const AppearanceOptions& options, AnyOptions& settings) {
  if (options.channel)
    if (const auto colour = find_named<ImageChannel>(*options.channel)) settings.channel = *colour;
  if (options.polarity) settings.polarity = find_named<Polarity>(*options.polarity).value();
}

/// Puts what --channel says of the channels of a file, and --project, into settings.
void apply_planes(const AppearanceOptions& options, PlaneOptions& settings);

/// The same options with a --size that was given in micrometres in px, by the pixels of the images.
SettingsOptions with_size_in_px(const SettingsOptions& options,
                                const std::vector<std::filesystem::path>& images, Observer& observer);

/// What --size says, if it says a range in px.
std::optional<MinMax> given_size(const SettingsOptions& options);

/// The content of --config.
/// @throws Error where the file is no JSON.
nlohmann::json read_config(const std::string& path);

/// True where the sizes are to be estimated from the images: with --size auto, and where neither --size nor
/// --set nor --config says them.
bool wants_estimated_sizes(const SettingsOptions& options);

/// Declares --config, --set and --seed. @param example  of a setting.
void add_override_options(CLI::App& verb, SettingsOptions& options, const std::string& example);

/// Preset, then --config, then --set, then --size, --channel, --polarity and --seed: the later one wins.
/// @throws Error on a setting that does not exist or is out of range.
Settings resolve_settings(const SettingsOptions& options);

/// The same for the supervised baseline, from `start` on instead of a preset.
MaskRcnnOptions resolve_baseline(const SettingsOptions& options, MaskRcnnOptions start);

}  // namespace priorseg::program
