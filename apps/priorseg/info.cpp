#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "baseline_training.h"
#include "priorseg/core/model_file.h"
#include "priorseg/core/option_list.h"
#include "priorseg/data/simulator.h"
#include "priorseg/detector/settings.h"
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
void show_settings(const std::string& preset) {
  const auto of_simulator = simulator_preset_names();
  const bool simulates = std::find(of_simulator.begin(), of_simulator.end(), preset) != of_simulator.end();
  const auto entries = simulates              ? list_options(simulator_preset(preset))
                       : preset == "baseline" ? list_options(baseline_defaults())
                                              : list_options(make_settings(preset));
  size_t name_width = 0, value_width = 0;
  for (const auto& entry : entries) {
    name_width = std::max(name_width, entry.name.size());
    value_width = std::max(value_width, entry.value.dump().size());
  }
  for (const auto& entry : entries) {
    std::printf("%-*s  %-*s  %s\n", static_cast<int>(name_width), entry.name.c_str(),
                static_cast<int>(value_width), entry.value.dump().c_str(), entry.help.c_str());
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
  CLI::Option* settings = subject->add_flag("--settings", *list_settings,
                                            "list every setting with its value in a preset and its meaning");
  subject->require_option(1);
  verb->add_option("--preset", *preset,
                   "with --settings: 'default' or 'paper', 'baseline' for Mask R-CNN, or a preset of "
                   "'priorseg simulate'")
      ->check(CLI::IsMember(preset_names()))
      ->needs(settings)
      ->capture_default_str();
  verb->footer("Examples:\n  priorseg info out/model.safetensors\n  priorseg info --settings --preset paper");
  verb->callback([=] { *list_settings ? show_settings(*preset) : show_file(*path); });
}

}  // namespace priorseg::program
