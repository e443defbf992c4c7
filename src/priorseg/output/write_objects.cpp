#include "priorseg/output/write_objects.h"

#include <torch/types.h>

#include <stdexcept>

#include "priorseg/core/atomic_file.h"
#include "priorseg/output/coco.h"
#include "priorseg/output/geojson.h"
#include "priorseg/output/imagej_rois.h"
#include "priorseg/output/ome_zarr_labels.h"

namespace priorseg {

std::unique_ptr<ResultSink> make_sink(ResultForm form, const std::filesystem::path& file,
                                      const std::string& image, const ImageInfo& info,
                                      const Provenance& made_with, const StackShape& shape) {
  switch (form) {
    case ResultForm::kRois:
      return std::make_unique<ImageJRoisSink>(info, file, made_with);
    case ResultForm::kGeoJson:
      return std::make_unique<GeoJsonSink>(info, file, made_with);
    case ResultForm::kCoco:
      return std::make_unique<CocoPartSink>(info, file, image, made_with);
    case ResultForm::kCtc:
      if (shape.pages() > 1) return std::make_unique<CtcSequenceSink>(info, file, made_with, shape);
      return std::make_unique<CtcMaskSink>(info, file, made_with);
    case ResultForm::kCellpose:
      return std::make_unique<LabelMapSink>(info, file, made_with, shape);
    case ResultForm::kOmeTiff:
      return std::make_unique<LabelMapSink>(info, file, made_with, shape, LabelDescription::kOme);
    case ResultForm::kOmeZarr:
      return std::make_unique<OmeZarrLabelsSink>(info, file, ZarrVersion::k2, made_with, shape);
    case ResultForm::kOmeZarr05:
      return std::make_unique<OmeZarrLabelsSink>(info, file, ZarrVersion::k3, made_with, shape);
    case ResultForm::kLabels:
    case ResultForm::kOverlay:
    case ResultForm::kCsv:
      break;
  }
  throw std::logic_error("a form that is always written is no further one");
}

void write_objects(ResultForm form, const std::filesystem::path& file, const torch::Tensor& labels,
                   const Image& image, const std::string& name, const std::vector<float>& scores,
                   const Provenance& made_with) {
  RunningMeasurements measurements(image.width, image.pixel_size);
  measurements.add_rows(labels, image.pixels);
  const auto objects = measurements.finish(scores);
  const int64_t highest = objects.empty() ? 0 : objects.back().label;
  const auto write = [&](const std::filesystem::path& place) {
    const auto sink = make_sink(form, place, name, image, made_with);
    sink->add({{0, image.height}, image.pixels, labels, highest});
    sink->finish(objects);
  };
  if (form != ResultForm::kCoco) return write(file);
  const PartialFile part(file);
  write(part.temporary());
  join_coco_parts(file, {part.temporary()}, made_with);
}

}  // namespace priorseg
