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
#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/pipeline/calibration.h"
#include "priorseg/pipeline/planes_of_files.h"
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
                     const PlaneChoice& planes, const fs::path& folder, bool restart,
                     const std::string& device, const nb::object& progress, const nb::object& message) {
  RunInput input;
  input.images = images;
  input.planes = planes;
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
    auto options = detector.options();
    const auto chosen = choose_planes_of_files({image}, image.planes(), options, watch);
    ImageReader reader(image.with_planes(chosen));
    if (reader.num_pictures() > 1)
      throw Error(image.name() + " holds " + std::to_string(reader.num_pictures()) + " pictures (" +
                  reader.structure().text() + "); choose one with t= and z=, or use segment_files");
    found = segment_image(reader.source(), detector, inference, watch);
  } catch (const Stopped&) {
    watch.rethrow();
  }
  return nb::make_tuple(numpy_array(found->labels), table_of(found->objects), found->left_out,
                        warning_of(*found), evidence_of(*found), name_of(found->verdict.trust),
                        found->verdict.reasons);
}

/// Rows of an image that Python holds: read(first, last) gives [C,N,W]. Copies of the source may be made and
/// go without the interpreter, but for the last one.
ImageSource source_of(const ImageInfo& info, const nb::object& read) {
  return {info, [kept = std::make_shared<nb::object>(read)](int64_t first, int64_t last) {
            const nb::gil_scoped_acquire held;
            return image_of(nb::cast<PixelArray>((*kept)(first, last)), 0, "rows").image()->pixels;
          }};
}

ImageInfo info_of(int64_t channels, int64_t height, int64_t width, double quantum) {
  ImageInfo info;
  info.channels = channels;
  info.height = height;
  info.width = width;
  info.quantum = quantum;
  return info;
}

using FigureArray = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;

ImageFigures figures_from(const std::vector<FigureArray>& arrays) {
  ImageFigures figures;
  for (const auto& array : arrays) {
    std::vector<int64_t> shape;
    for (size_t i = 0; i < array.ndim(); ++i) shape.push_back(static_cast<int64_t>(array.shape(i)));
    const std::vector<double> values(array.data(), array.data() + array.size());
    figures.push_back(torch::tensor(values, torch::kFloat64).view(shape));
  }
  return figures;
}

/// Figures of a whole image, float64, for parts_of() and segment_part().
nb::list measure(const Detector& detector, const nb::object& read, int64_t channels, int64_t height,
                 int64_t width, double quantum, const std::string& inference_json) {
  const auto inference = inference_from(detector, inference_json);
  const auto image = source_of(info_of(channels, height, width, quantum), read);
  ImageFigures figures;
  {
    const nb::gil_scoped_release released;
    const torch::NoGradGuard no_grad;
    figures = detector.measure(image, inference);
  }
  nb::list arrays;
  for (const auto& tensor : figures) arrays.append(numpy_array(tensor.to(torch::kFloat64)));
  return arrays;
}

/// Of each part the rows that it owns, gives and reads: (first, last) each.
nb::list parts_of(const Detector& detector, int64_t channels, int64_t height, int64_t width, double quantum,
                  const std::vector<FigureArray>& figures, int64_t band_pixels, int64_t bands,
                  const std::string& inference_json) {
  const auto inference = inference_from(detector, inference_json);
  nb::list parts;
  for (const auto& part : detector.parts_of(info_of(channels, height, width, quantum), figures_from(figures),
                                            inference, band_pixels, bands)) {
    const auto pair = [](RowRange rows) { return nb::make_tuple(rows.first, rows.last); };
    parts.append(nb::make_tuple(pair(part.owned), pair(part.given), pair(part.read)));
  }
  return parts;
}

/// Label map and table of one part.
/// @param rows  [C,N,W]: the rows that the part reads.
nb::tuple segment_part(const Detector& detector, const PixelArray& rows, int64_t height, double quantum,
                       const std::vector<FigureArray>& figures, int64_t band_pixels, int64_t bands,
                       int64_t number, const std::string& inference_json) {
  const auto inference = inference_from(detector, inference_json);
  const auto known = figures_from(figures);
  const auto pixels = image_of(rows, quantum, "rows").image()->pixels;
  const auto info = info_of(pixels.size(0), height, pixels.size(2), quantum);
  std::optional<PartSegmentation> found;
  {
    const nb::gil_scoped_release released;
    const auto part =
        detector.parts_of(info, known, inference, band_pixels, bands).at(static_cast<size_t>(number));
    if (pixels.size(1) != part.read.last - part.read.first)
      throw Error("a part has " + std::to_string(pixels.size(1)) + " rows, expected the " +
                  std::to_string(part.read.last - part.read.first) + " that it reads");
    const ImageSource image(info, [&](int64_t first, int64_t last) {
      return pixels.slice(1, first - part.read.first, last - part.read.first);
    });
    found = segment_part(image, known, part, detector, inference, nobody());
  }
  return nb::make_tuple(numpy_array(found->labels), table_of(found->objects));
}

/// Names and reasons of images that failed.
using Failures = std::vector<std::pair<std::string, std::string>>;

Failures segment_files(const Detector& detector, const std::vector<fs::path>& images, const fs::path& root,
                       const std::string& inference_json, const std::string& save, const PlaneChoice& planes,
                       bool resume, const std::string& title, const nb::object& progress,
                       const nb::object& message) {
  const auto inference = inference_from(detector, inference_json);
  return interruptibly(Listeners{progress, message}, [&](Observer& observer) {
    const auto start = std::chrono::steady_clock::now();
    FolderPlan plan;
    plan.images = images;
    plan.resume = resume;
    plan.forms = parse_further_forms(save);
    OutputFolder folder(root, plan, observer);
    auto options = detector.options();
    const auto chosen = choose_planes_of_files({images.begin(), images.end()}, planes, options, observer);
    const auto batch = segment_images(images, detector, inference, folder, kReportPictures, observer, chosen);
    Failures failures;
    for (const auto& image : batch.images)
      if (!image.failure.empty()) failures.emplace_back(image.name, image.failure);
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
                  nb::arg("settings"), nb::arg("estimate_sizes"), nb::arg("planes"), nb::arg("folder"),
                  nb::arg("restart"), nb::arg("device"), nb::arg("progress").none(),
                  nb::arg("message").none())
      .def("save", &Detector::save, nb::arg("file"), nb::call_guard<nb::gil_scoped_release>())
      .def("segment", &segment, nb::arg("image"), nb::arg("inference"))
      .def("measure", &measure, nb::arg("read"), nb::arg("channels"), nb::arg("height"), nb::arg("width"),
           nb::arg("quantum"), nb::arg("inference"))
      .def("parts_of", &parts_of, nb::arg("channels"), nb::arg("height"), nb::arg("width"),
           nb::arg("quantum"), nb::arg("figures"), nb::arg("band_pixels"), nb::arg("bands"),
           nb::arg("inference"))
      .def("segment_part",
           nb::overload_cast<const Detector&, const PixelArray&, int64_t, double,
                             const std::vector<FigureArray>&, int64_t, int64_t, int64_t, const std::string&>(
               &segment_part),
           nb::arg("rows"), nb::arg("height"), nb::arg("quantum"), nb::arg("figures"), nb::arg("band_pixels"),
           nb::arg("bands"), nb::arg("number"), nb::arg("inference"))
      .def_prop_ro_static("band_pixels", [](const nb::handle&) { return Detector::kBandPixels; })
      .def("segment_files", &segment_files, nb::arg("images"), nb::arg("folder"), nb::arg("inference"),
           nb::arg("save"), nb::arg("planes"), nb::arg("resume"), nb::arg("title"),
           nb::arg("progress").none(), nb::arg("message").none())
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
