#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "priorseg/core/model_file.h"
#include "priorseg/core/option_list.h"
#include "priorseg/core/option_schema.h"
#include "priorseg/data/simulator_options.h"
#include "priorseg/detector/settings.h"
#include "priorseg/pipeline/baseline.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

void show_file(const std::filesystem::path& path) {
  const ModelFile file = read_any_model_file(path);
  int64_t numbers = 0;
  for (const auto& [name, tensor] : file.tensors) numbers += tensor.numel();
  std::printf("format    %s\ntensors   %zu with %lld numbers\n", file.format.c_str(), file.tensors.size(),
              static_cast<long long>(numbers));
  if (file.settings.is_null()) return;
  std::printf("settings  %s\n", file.settings.dump(2).c_str());
}

/// One line a setting, columns apart by two spaces or more: scripts/settings_table.py reads it too.
void show_table(const std::vector<OptionEntry>& entries) {
  size_t name_width = 0, value_width = 0, allowed_width = 0;
  for (const auto& entry : entries) {
    name_width = std::max(name_width, entry.name.size());
    value_width = std::max(value_width, entry.value.dump().size());
    allowed_width = std::max(allowed_width, entry.allowed.size());
  }
  for (const auto& entry : entries) {
    std::printf("%-*s  %-*s  %-*s  %s\n", static_cast<int>(name_width), entry.name.c_str(),
                static_cast<int>(value_width), entry.value.dump().c_str(), static_cast<int>(allowed_width),
                entry.allowed.c_str(), entry.help.c_str());
  }
}

void show_settings(const std::string& preset, bool as_json) {
  const auto show = [as_json](const auto& options) {
    if (as_json) {
      std::printf("%s\n", option_schema(options).dump(2).c_str());
    } else {
      show_table(list_options(options));
    }
  };
  const auto of_simulator = simulator_preset_names();
  const bool simulates = std::find(of_simulator.begin(), of_simulator.end(), preset) != of_simulator.end();
  if (simulates) {
    show(simulator_preset(preset));
  } else if (preset == "baseline") {
    show(baseline_defaults());
  } else {
    show(make_settings(preset));
  }
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names = {"default", "paper", "baseline"};
  const auto of_simulator = simulator_preset_names();
  names.insert(names.end(), of_simulator.begin(), of_simulator.end());
  return names;
}

}  // namespace

void add_info(CLI::App& program, Shared&) {
  CLI::App* verb = program.add_subcommand("info", "Shows what is in a model file, or every setting");
  const auto path = std::make_shared<std::string>();
  const auto preset = std::make_shared<std::string>("default");
  CLI::Option_group* subject = verb->add_option_group("Subject");
  subject->add_option("FILE", *path, "a .safetensors file of priorseg: prior, model or checkpoint")
      ->type_name("FILE");
  const auto list_settings = std::make_shared<bool>(false);
  CLI::Option* settings =
      subject->add_flag("--settings", *list_settings,
                        "list every setting with its value in a preset, what it may be, and its meaning");
  subject->require_option(1);
  verb->add_option("--preset", *preset,
                   "with --settings: 'default' or 'paper', 'baseline' for Mask R-CNN, or a preset of "
                   "'priorseg simulate'")
      ->check(CLI::IsMember(preset_names()))
      ->needs(settings)
      ->capture_default_str();
  const auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "with --settings: as a JSON Schema, for other programs")
      ->needs(settings);
  verb->footer(
      "Examples:\n  priorseg info out/model.safetensors\n  priorseg info --settings --preset paper\n"
      "  priorseg info --settings --json");
  verb->callback([=] { *list_settings ? show_settings(*preset, *as_json) : show_file(*path); });
}

}  // namespace priorseg::program
