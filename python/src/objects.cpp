#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <torch/types.h>

#include "arrays.h"
#include "bindings.h"
#include "priorseg/core/error.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/write_objects.h"

namespace priorseg::python {
namespace nb = nanobind;
namespace fs = std::filesystem;

namespace {

ResultForm further_form(const std::string& name) {
  const auto forms = parse_further_forms(name);
  if (forms.size() != 1)
    throw Error("found '" + name + "', expected one form: rois, geojson, coco, ctc or cellpose");
  return *forms.begin();
}

void write_labels(const LabelArray& labels, const ImageInput& image, const std::string& form,
                  const fs::path& file, const std::vector<float>& scores) {
  const auto map = labels_of(labels);
  const nb::gil_scoped_release released;
  ImageReader reader(image);
  const auto source = reader.source();
  if (source.height != map.size(0) || source.width != map.size(1))
    throw Error("the label map and its image have different sizes, expected one size");
  write_objects(further_form(form), file, map, Image(source.read(0, source.height), source),
                fs::path(image.name()).filename().string(), scores, {});
}

}  // namespace

void bind_objects(nb::module_& module) {
  module.def("write_objects", &write_labels, nb::arg("labels"), nb::arg("image"), nb::arg("form"),
             nb::arg("file"), nb::arg("scores"));
}

}  // namespace priorseg::python
