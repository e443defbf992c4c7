#include "priorseg/pipeline/batch_of_folder.h"

#include <torch/types.h>

#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "priorseg/core/utf8.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/report_choice.h"
#include "priorseg/output/report_picture.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// What the report tells of the objects.
void add_objects(const fs::path& table, const std::vector<ManifestEntry>& entries, BatchResult& batch) {
  std::map<std::string, std::string> name_of;
  for (const auto& entry : entries) name_of[entry.stem] = entry.image.name;
  DoubtfulObjects doubtful;
  std::map<std::string, size_t> column;
  for_each_line_of_objects(table, [&](const std::vector<std::string>& fields, bool is_header) {
    if (is_header) {
      for (size_t i = 0; i < fields.size(); ++i) column[fields[i]] = i;
      return;
    }
    const auto image = name_of.find(bytes_of_escaped(fields[0]));
    if (image == name_of.end()) return;
    const auto number = [&](const char* name) {
      const std::string& field = fields[column.at(name)];
      return field.empty() ? std::numeric_limits<double>::quiet_NaN() : std::stod(field);
    };
    ObjectMeasurements object;
    object.label = static_cast<int32_t>(number("label"));
    object.score = number("score");
    object.quality = number("quality");
    object.centroid_x = number("AreaShape_Center_X") + 0.5;
    object.centroid_y = number("AreaShape_Center_Y") + 0.5;
    batch.object_diameters.push_back(2 * std::sqrt(number("AreaShape_Area") / M_PI));
    batch.object_scores.push_back(object.score);
    if (std::isfinite(object.quality)) batch.object_qualities.push_back(object.quality);
    doubtful.add(image->second, {object});
  });
  batch.doubtful_objects = doubtful.lowest();
}

/// Those that a single call would have chosen, from the overlays where there are none yet.
void choose_pictures(const std::vector<ManifestEntry>& entries, const OutputPaths& folder,
                     int64_t report_pictures, BatchResult& batch) {
  PictureChoice pictures(std::ssize(entries), report_pictures);
  for (size_t i = 0; i < entries.size(); ++i) {
    const ReportImage& image = batch.images[i];
    if (!image.failure.empty()) continue;
    const auto verdict = judge_image(image.objects, image.evidence);
    pictures.may_be_shown(static_cast<int64_t>(i), order_of_doubt(verdict, image.evidence));
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    ReportImage& image = batch.images[i];
    if (!image.failure.empty() || !pictures.is_shown(static_cast<int64_t>(i))) {
      image.overlay_png = image.raw_png = {};
    } else if (const auto file = folder.overlay(entries[i].stem);
               image.overlay_png.empty() && fs::exists(file)) {
      const auto overlay = read_image(file).pixels;
      image.overlay_png = report_picture(overlay.permute({1, 2, 0}).to(torch::kUInt8).contiguous());
    }
  }
}

BatchResult batch_of_entries(const std::vector<ManifestEntry>& entries) {
  BatchResult batch;
  for (const auto& entry : entries) {
    batch.failures += entry.image.failure.empty() ? 0 : 1;
    for (size_t kind = 1; kind < entry.artefacts.size(); ++kind)
      batch.artefacts[kind] += entry.artefacts[kind];
    batch.num_pixels += entry.num_pixels;
    batch.images_with_artefacts += entry.image.left_out.empty() ? 0 : 1;
    batch.images.push_back(entry.image);
  }
  return batch;
}

}  // namespace

BatchResult batch_of_folder(const std::vector<ManifestEntry>& entries, const OutputPaths& folder,
                            int64_t report_pictures) {
  auto batch = batch_of_entries(entries);
  add_objects(folder.objects(), entries, batch);
  choose_pictures(entries, folder, report_pictures, batch);
  return batch;
}

BatchResult with_earlier_images(const BatchResult& batch, const std::vector<std::string>& stems,
                                const std::set<std::string>& all_stems, const OutputPaths& folder,
                                int64_t report_pictures, Observer& observer) {
  auto entries = read_manifest(folder.manifest());
  std::erase_if(entries, [&](const auto& entry) { return !all_stems.contains(entry.stem); });
  if (const auto unknown = std::ssize(all_stems) - std::ssize(entries); unknown > 0)
    observer.warn("manifest.jsonl lacks " + std::to_string(unknown) +
                  " images that were finished before: report, images.csv and verdict leave them out; segment "
                  "without --resume to have them");
  std::map<std::string, const ReportImage*> image_of_call;
  for (size_t i = 0; i < stems.size(); ++i) image_of_call[stems[i]] = &batch.images[i];
  for (auto& entry : entries)
    if (const auto image = image_of_call.find(entry.stem); image != image_of_call.end())
      entry.image = *image->second;
  return batch_of_folder(entries, folder, report_pictures);
}

}  // namespace priorseg
