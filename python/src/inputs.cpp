#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "bindings.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/channel.h"
#include "priorseg/pipeline/annotated_input.h"
#include "priorseg/pipeline/appearance.h"
#include "priorseg/pipeline/sizes.h"

namespace priorseg::python {
namespace nb = nanobind;
namespace fs = std::filesystem;

namespace {

std::pair<double, double> estimated_size(const std::vector<ImageInput>& images,
                                         const std::string& settings_json, const nb::object& progress,
                                         const nb::object& message) {
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) {
    Settings settings = settings_from(settings_json);
    choose_appearance(images, settings, observer);
    estimate_sizes(images, settings, observer);
    return std::pair(settings.detector.size.min, settings.detector.size.max);
  });
}

}  // namespace

void bind_inputs(nb::module_& module) {
  nb::class_<ImageInput>(module, "ImageInput")
      .def(nb::init<fs::path>(), nb::arg("file"))
      .def_static("of_array", &image_of, nb::arg("pixels"), nb::arg("quantum"), nb::arg("name"))
      .def_prop_ro("name", &ImageInput::name);
  nb::class_<LabelMapInput>(module, "LabelMapInput")
      .def(nb::init<fs::path>(), nb::arg("file"))
      .def_static(
          "of_array",
          [](const LabelArray& labels, std::string name) {
            return LabelMapInput(labels_of(labels), std::move(name));
          },
          nb::arg("labels"), nb::arg("name"));
  nb::class_<AnnotatedInput>(module, "AnnotatedInput")
      .def(nb::init<std::string, ImageInput, LabelMapInput>(), nb::arg("name"), nb::arg("image"),
           nb::arg("labels"));
  module.def(
      "list_images",
      [](const std::vector<fs::path>& inputs, const nb::object& message) {
        return interruptibly(Listeners{nb::none(), message},
                             [&](Observer& observer) { return list_images(inputs, observer); });
      },
      nb::arg("inputs"), nb::arg("message").none());
  module.def(
      "list_label_maps",
      [](const std::vector<fs::path>& inputs, const nb::object& message) {
        return interruptibly(Listeners{nb::none(), message},
                             [&](Observer& observer) { return list_label_maps(inputs, observer); });
      },
      nb::arg("inputs"), nb::arg("message").none());
  module.def(
      "channel_name", [](const std::string& text) { return std::string(name_of(parse_channel(text))); },
      nb::arg("text"));
  module.def("estimate_size", &estimated_size, nb::arg("images"), nb::arg("settings"),
             nb::arg("progress").none(), nb::arg("message").none());
}

}  // namespace priorseg::python
