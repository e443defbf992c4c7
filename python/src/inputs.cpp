#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "bindings.h"
#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/axes_text.h"
#include "priorseg/image/image_level.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/pixel_region.h"
#include "priorseg/image/plane_choice.h"
#include "priorseg/image/slice_sharpness.h"
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

PlaneChoice planes_of(const std::string& channel, const std::string& z, const std::string& t,
                      const std::string& project, const std::string& axes, const std::string& level,
                      const std::string& region, const fs::path& mask) {
  check_plane_range(z);
  check_plane_range(t);
  check_axes(axes);
  check_level(level);
  check_region(region);
  PlaneChoice choice;
  choice.channel = channel;
  choice.slices = z;
  choice.frames = t;
  choice.axes = axes;
  choice.level = level;
  choice.region = region;
  choice.mask = mask;
  const auto projection = find_named<Projection>(project);
  if (!projection) throw Error("project is '" + project + "', expected " + names_text<Projection>());
  choice.project = *projection;
  return choice;
}

ImageInput with_said_planes(const ImageInput& image, const std::string& channel, const std::string& z,
                            const std::string& t, const std::string& project, const std::string& axes,
                            const std::string& level, const std::string& region, const fs::path& mask) {
  return image.with_planes(planes_of(channel, z, t, project, axes, level, region, mask));
}

/// Each picture of a file, [C,H,W].
nb::list read_pictures(const ImageInput& image) {
  std::vector<torch::Tensor> pictures;
  {
    const nb::gil_scoped_release released;
    ImageReader reader(image);
    for (int64_t i = 0; i < reader.num_pictures(); ++i) {
      reader.go_to(i);
      pictures.push_back(reader.read().pixels);
    }
  }
  nb::list arrays;
  for (const auto& picture : pictures) arrays.append(numpy_array(picture));
  return arrays;
}

nb::dict described(const ImageInput& image) {
  const ImageReader reader(image);
  const auto& structure = reader.structure();
  const auto& size = reader.info().pixel_size;
  nb::dict about;
  about["frames"] = structure.frames;
  about["slices"] = structure.slices;
  about["channels"] = structure.channels;
  about["channel_names"] = structure.channel_names;
  about["colour"] = structure.colour;
  about["height"] = reader.info().height;
  about["width"] = reader.info().width;
  const bool known = size.um_per_pixel_x() > 0 && size.um_per_pixel_y() > 0;
  about["um_per_pixel"] = known ? nb::object(nb::make_tuple(size.um_per_pixel_x(), size.um_per_pixel_y()))
                                : nb::object(nb::none());
  about["source"] = structure.source;
  about["remarks"] = reader.remarks();
  return about;
}

}  // namespace

void bind_inputs(nb::module_& module) {
  nb::class_<PlaneChoice>(module, "PlaneChoice");
  nb::class_<ImageInput>(module, "ImageInput")
      .def(nb::init<fs::path>(), nb::arg("file"))
      .def_static("of_array", &image_of, nb::arg("pixels"), nb::arg("quantum"), nb::arg("name"))
      .def("with_planes", &with_said_planes, nb::arg("channel"), nb::arg("z"), nb::arg("t"),
           nb::arg("project"), nb::arg("axes"), nb::arg("level"), nb::arg("region"), nb::arg("mask"))
      .def_prop_ro("name", &ImageInput::name);
  module.def("planes", &planes_of, nb::arg("channel"), nb::arg("z"), nb::arg("t"), nb::arg("project"),
             nb::arg("axes"), nb::arg("level"), nb::arg("region"), nb::arg("mask"));
  module.def(
      "slice_sharpness",
      [](const PixelArray& pixels) {
        const auto image = image_of(pixels, 0, "a slice");
        return slice_sharpness(image.image()->pixels);
      },
      nb::arg("pixels"));
  module.def("read_pictures", &read_pictures, nb::arg("image"));
  module.def("describe_image", &described, nb::arg("image"));
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
      "is_colour", [](const std::string& text) { return find_named<ImageChannel>(text).has_value(); },
      nb::arg("text"));
  module.def("estimate_size", &estimated_size, nb::arg("images"), nb::arg("settings"),
             nb::arg("progress").none(), nb::arg("message").none());
}

}  // namespace priorseg::python
