#include <nanobind/stl/string.h>

#include <nlohmann/json.hpp>

#include "bindings.h"
#include "priorseg/core/option_schema.h"
#include "priorseg/core/options.h"
#include "priorseg/data/simulator.h"

namespace priorseg::python {
namespace nb = nanobind;

Settings settings_from(const std::string& json) {
  Settings settings;
  options_from_json(settings, nlohmann::json::parse(json));
  settings.validate();
  return settings;
}

InferenceOptions inference_from(const Detector& detector, const std::string& json) {
  auto inference = detector.options().inference;
  options_from_json(inference, nlohmann::json::parse(json));
  inference.validate();
  return inference;
}

void bind_settings(nb::module_& module) {
  module.def(
      "resolve_settings",
      [](const std::string& preset, const std::string& changes) {
        Settings settings = make_settings(preset);
        options_from_json(settings, nlohmann::json::parse(changes));
        settings.validate();
        return options_to_json(settings).dump();
      },
      nb::arg("preset"), nb::arg("changes"));
  module.def("settings_schema", [] { return option_schema(make_settings("default")).dump(); });
  module.def(
      "resolve_simulator",
      [](const std::string& preset, const std::string& changes) {
        SimulatorOptions simulator = simulator_preset(preset);
        options_from_json(simulator, nlohmann::json::parse(changes));
        simulator.validate();
        return options_to_json(simulator).dump();
      },
      nb::arg("preset"), nb::arg("changes"));
}

}  // namespace priorseg::python
