#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <torch/types.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "arrays.h"
#include "bindings.h"
#include "priorseg/core/device.h"
#include "priorseg/core/options.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/pipeline/calibration.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/run.h"
#include "priorseg/pipeline/segmentation.h"

namespace priorseg::python {
namespace nb = nanobind;
namespace fs = std::filesystem;

namespace {

SharedDetector load(const fs::path& file, const std::string& device) {
  const auto place = find_device(device);
  auto detector = std::make_shared<Detector>(Detector::load(file));
  detector->to(place);
  return detector;
}

/// Trains; the files of the training lie in `folder`.
SharedDetector train(const std::vector<ImageInput>& images, const std::vector<AnnotatedInput>& annotated,
                     const SharedPrior& prior, const std::string& settings_json, bool estimate_sizes,
                     const fs::path& folder, bool restart, const std::string& device,
                     const nb::object& progress, const nb::object& message) {
  RunInput input;
  input.images = images;
  input.annotated = annotated;
  if (!prior)
    for (const auto& pair : annotated) input.label_maps.push_back(pair.labels);
  input.prior = prior;
  input.estimate_sizes = estimate_sizes;
  input.restart = restart;
  input.device = device;
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) -> SharedDetector {
    return std::make_shared<Detector>(
        std::move(run(input, settings_from(settings_json), folder, observer).detector));
  });
}

SharedDetector calibrated(const Detector& detector, const std::vector<AnnotatedInput>& annotated,
                          const nb::object& progress, const nb::object& message) {
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) -> SharedDetector {
    auto copy = std::make_shared<Detector>(detector.clone());
    calibrate(*copy, annotated, observer);
    return copy;
  });
}

nb::dict table_of(const std::vector<ObjectMeasurements>& objects) {
  const auto count = std::ssize(objects);
  const auto column = [&](torch::ScalarType dtype, const auto& value) {
    auto values = torch::empty({count}, torch::kFloat64);
    for (int64_t i = 0; i < count; ++i) values.data_ptr<double>()[i] = value(objects[static_cast<size_t>(i)]);
    return numpy_array(values.to(dtype));
  };
  nb::dict table;
  table["label"] = column(torch::kInt32, [](const auto& object) { return object.label; });
  for (const auto& [name, whole, value] : object_columns())
    table[name] = column(whole ? torch::kInt32 : torch::kFloat64, value);
  return table;
}

/// One line, empty where nothing looks wrong.
std::string warning_of(const Segmentation& found) {
  if (found.evidence.is_inverted)
    return "objects are dark where those of the training were bright, or the other way round, and were found "
           "in the inverted image";
  if (!found.evidence.is_unexplained) return "";
  return std::string("hardly anything was found of what stands out of the image: ") +
         (found.evidence.looks_opposite
              ? "it is dark where bright objects are looked for, or the other way round; give the other "
                "polarity"
              : "check the sizes that are looked for, and whether it is like those of the training");
}

nb::dict evidence_of(const Segmentation& found) {
  nb::dict evidence;
  evidence["explained"] = found.evidence.explained;
  evidence["supported"] = found.evidence.supported;
  evidence["agreement"] = found.evidence.agreement;
  return evidence;
}

/// Label map and table of an image, what was left out of it, a warning where there is one, what speaks for
/// and against it, and the verdict with its reasons.
nb::tuple segment(const Detector& detector, const ImageInput& image, const std::string& inference_json) {
  const auto inference = inference_from(detector, inference_json);
  SignalWatch watch;
  std::optional<Segmentation> found;
  try {
    const nb::gil_scoped_release released;
    ImageReader reader(image);
    found = segment_image(reader.source(), detector, inference, watch);
  } catch (const Stopped&) {
    watch.rethrow();
  }
  return nb::make_tuple(numpy_array(found->labels), table_of(found->objects), found->left_out,
                        warning_of(*found), evidence_of(*found), name_of(found->verdict.trust),
                        found->verdict.reasons);
}

/// Names and reasons of images that failed.
using Failures = std::vector<std::pair<std::string, std::string>>;

Failures segment_files(const Detector& detector, const std::vector<fs::path>& images, const fs::path& root,
                       const std::string& inference_json, const std::string& save, bool resume,
                       const std::string& title, const nb::object& progress, const nb::object& message) {
  const auto inference = inference_from(detector, inference_json);
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) {
    const auto start = std::chrono::steady_clock::now();
    FolderPlan plan;
    plan.images = images;
    plan.resume = resume;
    plan.forms = parse_further_forms(save);
    OutputFolder folder(root, plan, observer);
    const auto batch = segment_images(images, detector, inference, folder, kReportPictures, observer);
    Failures failures;
    for (const auto& image : batch.images)
      if (!image.failure.empty()) failures.emplace_back(image.name, image.failure);
    if (batch.images.empty()) return failures;  // all was done before: the report of then stays
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    write_batch_report(batch, detector, inference, 1, folder, {title, "", seconds}, observer);
    tell_outcome(batch, images.size(), folder, observer);
    return failures;
  });
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<Detector>(module, "Model")
      .def_static("load", &load, nb::arg("file"), nb::arg("device"))
      .def_static("train", &train, nb::arg("images"), nb::arg("annotated"), nb::arg("prior").none(),
                  nb::arg("settings"), nb::arg("estimate_sizes"), nb::arg("folder"), nb::arg("restart"),
                  nb::arg("device"), nb::arg("progress").none(), nb::arg("message").none())
      .def("save", &Detector::save, nb::arg("file"), nb::call_guard<nb::gil_scoped_release>())
      .def("segment", &segment, nb::arg("image"), nb::arg("inference"))
      .def("segment_files", &segment_files, nb::arg("images"), nb::arg("folder"), nb::arg("inference"),
           nb::arg("save"), nb::arg("resume"), nb::arg("title"), nb::arg("progress").none(),
           nb::arg("message").none())
      .def("calibrated", &calibrated, nb::arg("annotated"), nb::arg("progress").none(),
           nb::arg("message").none())
      .def_prop_ro("prior",
                   [](const Detector& detector) -> SharedPrior {
                     return std::make_shared<ShapePrior>(detector.prior().clone());
                   })
      .def_prop_ro("options",
                   [](const Detector& detector) { return options_to_json(detector.options()).dump(); })
      .def_prop_ro("trained_steps", &Detector::trained_steps)
      .def_prop_ro("device", [](const Detector& detector) { return detector.device().str(); });
}

}  // namespace priorseg::python
