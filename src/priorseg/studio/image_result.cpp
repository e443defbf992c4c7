#include "priorseg/studio/image_result.h"

#include <torch/types.h>

#include <cmath>
#include <limits>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/label_outline.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/running_objects.h"
#include "priorseg/studio/csv_rows.h"

namespace priorseg {
namespace {

constexpr int64_t kMeasuredRows = 512;

torch::Tensor read_single_label_map(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) throw Error("there are no results of this image yet: " + path.string());
  auto maps = read_label_maps(path);
  if (maps.size() != 1) {
    throw Error(path.string() + " holds " + std::to_string(maps.size()) +
                " pictures; the studio shows and corrects results of single pictures so far");
  }
  return maps.front();
}

nlohmann::json ring_to_json(const OutlineRing& ring) {
  auto points = nlohmann::json::array();
  for (const auto& corner : ring) {
    points.push_back(corner.x);
    points.push_back(corner.y);
  }
  return points;
}

/// Rings of each object, in the order of labels.
nlohmann::json outlines_to_json(const torch::Tensor& labels) {
  std::map<int32_t, nlohmann::json> by_label;
  RunningObjects running(labels.size(1), [&](int32_t label, const ObjectPixels& object) {
    auto& rings = by_label[label] = nlohmann::json::array();
    for (const auto& part : trace_outline(object)) {
      rings.push_back(ring_to_json(part.exterior));
      for (const auto& hole : part.holes) rings.push_back(ring_to_json(hole));
    }
  });
  running.add_rows(labels);
  running.finish();
  auto outlines = nlohmann::json::array();
  for (auto& [label, rings] : by_label) outlines.push_back(std::move(rings));
  return outlines;
}

}  // namespace

std::filesystem::path journal_of(const OutputPaths& folder, const std::string& stem) {
  return folder.root / "corrections" / (stem + ".jsonl");
}

ImageResult::ImageResult(const std::filesystem::path& image, const PlaneChoice& planes,
                         const OutputPaths& folder, const std::string& stem)
    : image_(ImageInput(image).with_planes(planes)) {
  const auto labels = read_single_label_map(folder.label_map(stem));
  const auto info = ImageReader(image_).info();
  if (labels.size(0) != info.height || labels.size(1) != info.width) {
    throw Error(folder.label_map(stem).string() + " is of another size than " + image.string() +
                "; it belongs to another image");
  }
  const auto unknown = std::numeric_limits<float>::quiet_NaN();
  const auto highest = labels.numel() > 0 ? static_cast<size_t>(labels.max().item<int32_t>()) : 0;
  scores_.assign(highest, unknown);
  qualities_.assign(highest, unknown);
  const auto name = utf8_or_escaped(stem);
  for (const auto& row : read_csv_rows(folder.objects(), [&](const auto& first) { return first == name; })) {
    const double label = number_in(row, "label");
    if (!(label >= 1 && label <= static_cast<double>(highest))) continue;
    scores_[static_cast<size_t>(label) - 1] = static_cast<float>(number_in(row, "score"));
    qualities_[static_cast<size_t>(label) - 1] = static_cast<float>(number_in(row, "quality"));
  }
  corrections_ = std::make_unique<Corrections>(labels, journal_of(folder, stem));
}

std::vector<ObjectMeasurements> ImageResult::measure() const {
  const auto& editor = corrections_->editor();
  const auto& labels = editor.labels();
  ImageReader reader(image_);
  RunningMeasurements running(labels.size(1), reader.info().pixel_size);
  for (int64_t first = 0; first < labels.size(0); first += kMeasuredRows) {
    const int64_t last = std::min(first + kMeasuredRows, labels.size(0));
    running.add_rows(labels.slice(0, first, last), reader.read_rows(first, last));
  }
  auto scores = scores_;
  scores.resize(static_cast<size_t>(editor.highest_label()), std::numeric_limits<float>::quiet_NaN());
  auto objects = running.finish(scores);
  for (auto& object : objects) {
    const auto entry = static_cast<size_t>(object.label) - 1;
    // What a person drew has no score.
    if (editor.is_changed(object.label)) {
      object.score = object.quality = std::numeric_limits<double>::quiet_NaN();
    } else if (entry < qualities_.size()) {
      object.quality = static_cast<double>(qualities_[entry]);
    }
  }
  return objects;
}

std::string ImageResult::describe() {
  const std::lock_guard lock(mutex_);
  if (!description_.empty()) return description_;
  const auto& editor = corrections_->editor();
  nlohmann::json result = {
      {"width", editor.labels().size(1)},     {"height", editor.labels().size(0)},
      {"revision", corrections_->revision()}, {"can_undo", editor.can_undo()},
      {"can_redo", editor.can_redo()},        {"changed", nlohmann::json::array()},
      {"rows", nlohmann::json::array()},      {"columns", {"label"}},
      {"remark", corrections_->remark()},     {"outlines", outlines_to_json(editor.labels())}};
  for (const auto& column : object_columns()) result["columns"].push_back(column.name);
  for (const auto& object : measure()) {
    nlohmann::json row = {object.label};
    for (const auto& column : object_columns()) {
      const double value = column.value(object);
      if (column.whole) {
        row.push_back(static_cast<int64_t>(value));
      } else {
        row.push_back(std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr));
      }
    }
    result["rows"].push_back(std::move(row));
    if (editor.is_changed(object.label)) result["changed"].push_back(object.label);
  }
  return description_ = result.dump();
}

void ImageResult::apply(const nlohmann::json& action, int64_t revision) {
  const std::lock_guard lock(mutex_);
  corrections_->apply(action, revision);
  description_.clear();
}

ImageResult::Present ImageResult::present() {
  const std::lock_guard lock(mutex_);
  return {corrections_->editor().labels().clone(), measure()};
}

}  // namespace priorseg
