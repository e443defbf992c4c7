#include <array>
#include <sstream>

#include "priorseg/core/error.h"
#include "priorseg/data/simulator.h"

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
constexpr std::array<Preset, 6> kPresets = {{{"nuclei", nuclei},
                                             {"phase", phase},
                                             {"mixed", mixed},
                                             {"empty", empty},
                                             {"flat", flat},
                                             {"black", black}}};

void check(const char* setting, double value, double low, double high) {
  if (value >= low && value <= high) return;
  std::ostringstream text;
  text << setting << " is " << value << ", expected " << low << " to " << high;
  throw Error(text.str());
}

}  // namespace

void SimulatorOptions::validate() const {
  constexpr double kMaxCount = 65535;
  constexpr double kMaxFrequency = 1e6;
  check("height", static_cast<double>(height), 16, 8192);
  check("width", static_cast<double>(width), 16, 8192);
  check("min_size", min_size, 4, 1000);
  check("max_size", max_size, min_size, 1000);
  check("covered", covered, 0, 0.6);
  check("touching", touching, 0, 1);
  check("min_axis_ratio", min_axis_ratio, 1, 10);
  check("max_axis_ratio", max_axis_ratio, min_axis_ratio, 10);
  check("ellipses", ellipses, 0, kMaxFrequency);
  check("rods", rods, 0, kMaxFrequency);
  check("spindles", spindles, 0, kMaxFrequency);
  check("contours", contours, 0, kMaxFrequency);
  if (ellipses + rods + spindles + contours <= 0) {
    throw Error("ellipses, rods, spindles and contours are all 0, expected at least one family above 0");
  }
  check("elastic", elastic, 0, 0.3);
  check("signal", signal, 0, kMaxCount);
  check("contrast", contrast, 0, 2);
  check("dome", dome, 0, 1);
  check("texture", texture, 0, 1);
  check("spots", spots, 0, 20);
  check("blur", blur, 0, 20);
  check("surround", surround, -1, 1);
  check("surround_width", surround_width, 0.5, 50);
  check("offset", offset, 0, kMaxCount);
  check("background", background, 0, kMaxCount);
  check("unevenness", unevenness, 0, 0.9);
  check("gain", gain, 0, 1000);
  check("read_noise", read_noise, 0, 10000);
  if (bit_depth != 8 && bit_depth != 16) {
    throw Error("bit_depth is " + std::to_string(bit_depth) + ", expected 8 or 16");
  }
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
