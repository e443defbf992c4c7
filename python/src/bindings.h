#pragma once

#include <nanobind/nanobind.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "interruptible.h"
#include "priorseg/detector/detector.h"
#include "priorseg/detector/settings.h"
#include "priorseg/prior/shape_prior.h"

// The native module only converts and releases the interpreter: arguments come checked from the package's
// Python files. Settings pass as JSON texts.
namespace priorseg::python {

/// A detector or prior that many objects of Python may hold.
using SharedDetector = std::shared_ptr<const Detector>;
using SharedPrior = std::shared_ptr<const ShapePrior>;

void bind_inputs(nanobind::module_& module);
void bind_settings(nanobind::module_& module);
void bind_prior(nanobind::module_& module);
void bind_model(nanobind::module_& module);
void bind_evaluation(nanobind::module_& module);
void bind_objects(nanobind::module_& module);

/// @throws Error where the text holds no settings, or wrong ones.
Settings settings_from(const std::string& json);
/// The model's own options with those that `json` names.
/// @throws Error on an unknown name, or a value of the wrong type or out of range.
InferenceOptions inference_from(const Detector& detector, const std::string& json);

}  // namespace priorseg::python
