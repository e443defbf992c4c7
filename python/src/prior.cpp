#include "priorseg/pipeline/prior.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <torch/types.h>

#include <nlohmann/json.hpp>

#include "arrays.h"
#include "bindings.h"
#include "priorseg/core/options.h"

namespace priorseg::python {
namespace nb = nanobind;

namespace {

SharedPrior synthetic_prior(const std::string& settings_json, const nb::object& progress,
                            const nb::object& message) {
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) -> SharedPrior {
    return std::make_shared<ShapePrior>(make_synthetic_prior(settings_from(settings_json), observer));
  });
}

SharedPrior learned_prior(const std::vector<LabelMapInput>& label_maps, const std::string& settings_json,
                          const nb::object& progress, const nb::object& message) {
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) -> SharedPrior {
    return std::make_shared<ShapePrior>(learn_prior(label_maps, settings_from(settings_json), observer));
  });
}

/// Masks [N,S,S].
nb::object numpy_masks(const torch::Tensor& masks) { return numpy_array(masks.squeeze(1)); }

}  // namespace

void bind_prior(nb::module_& module) {
  nb::class_<ShapePrior>(module, "Prior")
      .def_static("synthetic", &synthetic_prior, nb::arg("settings"), nb::arg("progress").none(),
                  nb::arg("message").none())
      .def_static("learn", &learned_prior, nb::arg("label_maps"), nb::arg("settings"),
                  nb::arg("progress").none(), nb::arg("message").none())
      .def_static(
          "load",
          [](const std::filesystem::path& file) {
            return std::make_shared<ShapePrior>(ShapePrior::load(file));
          },
          nb::arg("file"))
      .def("save", &ShapePrior::save, nb::arg("file"), nb::call_guard<nb::gil_scoped_release>())
      .def(
          "sample",
          [](const ShapePrior& prior, int64_t count, uint64_t seed) {
            return numpy_masks(prior.sample(count, seed));
          },
          nb::arg("count"), nb::arg("seed"))
      .def_prop_ro("examples", [](const ShapePrior& prior) { return numpy_masks(prior.examples()); })
      .def_prop_ro("reconstruction_iou", &ShapePrior::reconstruction_iou)
      .def_prop_ro("origin", &ShapePrior::origin)
      .def_prop_ro("options",
                   [](const ShapePrior& prior) { return options_to_json(prior.options()).dump(); });
}

}  // namespace priorseg::python
