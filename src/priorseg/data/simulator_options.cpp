#include "priorseg/data/simulator_options.h"

#include <array>

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"

namespace priorseg {
namespace {

SimulatorOptions nuclei() { return {}; }

SimulatorOptions phase() {
  SimulatorOptions options;
  options.height = 576;
  options.width = 720;
  options.min_size = 18;
  options.max_size = 48;
  options.covered = 0.045;
  options.touching = 0.25;
  options.min_axis_ratio = 2;
  options.max_axis_ratio = 6;
  options.ellipses = 0.15;
  options.rods = 0.1;
  options.spindles = 1;
  options.contours = 0;
  options.elastic = 0.05;
  options.signal = 170;
  options.contrast = 0.4;
  options.dome = 0.75;
  options.texture = 0.1;
  options.spots = 0.3;
  options.blur = 0.9;
  options.surround = -0.25;
  options.surround_width = 5;
  options.offset = 0;
  options.background = 145;
  options.unevenness = 0.35;
  options.gain = 0.006;
  options.read_noise = 0.7;
  options.bit_depth = 8;
  return options;
}

SimulatorOptions mixed() {
  SimulatorOptions options;
  options.min_size = 14;
  options.max_size = 60;
  options.max_axis_ratio = 4;
  options.rods = 1;
  options.spindles = 1;
  options.contours = 1;
  return options;
}

// After what is published of Fluo-N2DH-SIM+: nuclei of HL60 cells, stained for DNA, of which the dense parts
// of the chromatin shine; .125 um a px, so that a nucleus of 6 to 10 um measures 48 to 80 px; from 2 to 70 of
// them in a frame, and a camera of low dose. Nothing was fitted to its images.
SimulatorOptions hl60() {
  SimulatorOptions options;
  options.height = 640;
  options.width = 640;
  options.min_size = 48;
  options.max_size = 80;
  options.covered = 0.5;
  options.min_objects = 2;
  options.max_objects = 70;
  options.touching = 0.2;
  options.max_axis_ratio = 1.5;
  options.contours = 0;
  options.signal = 120;
  options.contrast = 0.15;
  options.dome = 0.2;
  options.texture = 0.25;
  options.spots = 6;
  options.bright_spots = 0.9;
  options.spot_radius = 5;
  options.spot_brightness = 0.9;
  options.blur = 2;
  options.background = 20;
  options.unevenness = 0.1;
  options.gain = 2;
  options.read_noise = 4;
  return options;
}

SimulatorOptions empty() {
  SimulatorOptions options;
  options.covered = 0;
  return options;
}

SimulatorOptions flat() {
  SimulatorOptions options = empty();
  options.unevenness = 0;
  options.gain = 0;
  options.read_noise = 0;
  return options;
}

SimulatorOptions black() {
  SimulatorOptions options = flat();
  options.offset = 0;
  options.background = 0;
  return options;
}

struct Preset {
  const char* name;
  SimulatorOptions (*make)();
};
constexpr std::array<Preset, 7> kPresets = {{{"nuclei", nuclei},
                                             {"phase", phase},
                                             {"mixed", mixed},
                                             {"hl60", hl60},
                                             {"empty", empty},
                                             {"flat", flat},
                                             {"black", black}}};

}  // namespace

void SimulatorOptions::validate() const { check_options(*this); }

void SimulatorOptions::check_rules(const std::string& where) const {
  if (max_size < min_size)
    throw Error(where + "max_size is " + number_text(max_size) + ", expected at least " + where +
                "min_size, " + number_text(min_size));
  if (max_objects < min_objects)
    throw Error(where + "max_objects is " + std::to_string(max_objects) + ", expected at least " + where +
                "min_objects, " + std::to_string(min_objects));
  if (max_axis_ratio < min_axis_ratio)
    throw Error(where + "max_axis_ratio is " + number_text(max_axis_ratio) + ", expected at least " + where +
                "min_axis_ratio, " + number_text(min_axis_ratio));
  if (ellipses + rods + spindles + contours <= 0)
    throw Error(where + "ellipses, " + where + "rods, " + where + "spindles and " + where +
                "contours are all 0, expected at least one family above 0");
}

SimulatorOptions simulator_preset(const std::string& name) {
  std::string known;
  for (const Preset& preset : kPresets) {
    if (name == preset.name) return preset.make();
    known += (known.empty() ? "" : ", ") + std::string(preset.name);
  }
  throw Error("preset '" + name + "' is not known, expected one of " + known);
}

std::vector<std::string> simulator_preset_names() {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) names.emplace_back(preset.name);
  return names;
}

}  // namespace priorseg
