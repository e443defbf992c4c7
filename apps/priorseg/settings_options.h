#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/detector/settings.h"

namespace priorseg::program {

/// What the user said about the settings on the command line.
struct SettingsOptions {
  std::string preset = "default";
  std::string config;                  ///< settings.json of an earlier run, or a part of one
  std::vector<std::string> overrides;  ///< "detector.training.steps=500"
  std::string size;                    ///< "18:56"
  uint64_t seed = 1;
  CLI::Option* seed_option = nullptr;
};

/// Declares --preset, --config, --set and --seed, and --size where the verb needs object sizes.
std::shared_ptr<SettingsOptions> add_settings_options(CLI::App& verb, bool with_size);

/// Preset, then --config, then --set, then --size and --seed: the later one wins.
/// @throws Error on a setting that does not exist or is out of range.
Settings resolve_settings(const SettingsOptions& options);

}  // namespace priorseg::program
