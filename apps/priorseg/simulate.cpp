#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/core/min_max.h"
#include "priorseg/core/options.h"
#include "priorseg/data/simulator.h"
#include "priorseg/pipeline/simulation.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

constexpr const char* kSimulateFooter =
    "Writes DIR/images/sim_000.tif ..., the true label maps DIR/labels/sim_000.tif ... and "
    "DIR/settings.json.\n"
    "The same settings and seed give the same files.\n"
    "\n"
    "Presets:\n"
    "  nuclei  fluorescent nuclei, 16 bit, 520x696 px, 18 to 56 px large: dim beside bright, clusters\n"
    "  phase   elongated cells in phase contrast, 8 bit, 576x720 px, 18 to 48 px: bright bodies, dark halo\n"
    "  mixed   fluorescent objects of many shapes, 16 bit, 520x696 px, 14 to 60 px\n"
    "  hl60    round nuclei with bright spots, blurred and noisy, 16 bit, 640x640 px, 48 to 80 px, 2 to 70 "
    "an "
    "image\n"
    "  empty   background and noise, no object\n"
    "  flat    one grey value, no object\n"
    "  black   zeros\n"
    "\n"
    "Example:\n"
    "  priorseg simulate --preset nuclei -n 20 --image-size 512x512 --size 20:50 --seed 7 -o simulated/";

struct SimulateOptions {
  std::string preset = "nuclei";
  int64_t count = 10;
  std::string image_size;
  std::string size;
  std::vector<std::string> settings;
  uint64_t seed = 1;
  std::string output;
};

/// Height and width of a text "HxW".
std::pair<int64_t, int64_t> parse_image_size(const std::string& text) {
  const size_t middle = text.find('x');
  int64_t height = 0, width = 0;
  if (middle == std::string::npos || !CLI::detail::lexical_cast(text.substr(0, middle), height) ||
      !CLI::detail::lexical_cast(text.substr(middle + 1), width)) {
    throw Error("found '" + text + "', expected --image-size HxW in px, e.g. 512x512");
  }
  return {height, width};
}

SimulatorOptions simulator_options(const SimulateOptions& options) {
  SimulatorOptions simulator = simulator_preset(options.preset);
  if (!options.image_size.empty()) {
    std::tie(simulator.height, simulator.width) = parse_image_size(options.image_size);
  }
  if (!options.size.empty()) {
    const MinMax size = parse_min_max(options.size);
    simulator.min_size = size.min;
    simulator.max_size = size.max;
  }
  for (const std::string& setting : options.settings) set_option(simulator, setting);
  simulator.validate();
  return simulator;
}

void simulate(const SimulateOptions& options, Shared& shared) {
  const SimulatorOptions simulator = simulator_options(options);
  const int64_t objects = write_simulated_images(simulator, options.preset, options.count, options.seed,
                                                 options.output, shared.terminal);
  std::printf("%s: %lld images with %lld objects\n", options.output.c_str(),
              static_cast<long long>(options.count), static_cast<long long>(objects));
}

}  // namespace

void add_simulate(CLI::App& program, Shared& shared) {
  const auto options = std::make_shared<SimulateOptions>();
  CLI::App* verb =
      program.add_subcommand("simulate", "Writes simulated microscopy images with their true label maps");
  verb->add_option("--preset", options->preset, "kind of images, see below")
      ->check(CLI::IsMember(simulator_preset_names()))
      ->capture_default_str();
  verb->add_option("-n,--count", options->count, "number of images")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb->add_option("--image-size", options->image_size,
                   "height x width in px, 16 to 8192 each (default: the preset's)")
      ->type_name("HxW");
  verb->add_option("--size", options->size,
                   "longest diameter of the objects in px, 4 to 1000 (default: the preset's)")
      ->type_name("MIN:MAX");
  verb->add_option("--set", options->settings,
                   "override a setting of settings.json, e.g. touching=0.8 or read_noise=5; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_option("--seed", options->seed, "seed of all random choices")->capture_default_str();
  verb->add_option("-o,--output", options->output, "output folder")->required();
  verb->footer(kSimulateFooter);
  verb->callback([options, &shared] { simulate(*options, shared); });
}

}  // namespace priorseg::program
