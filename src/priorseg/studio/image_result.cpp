#include "priorseg/studio/image_result.h"

#include <torch/types.h>

#include <cmath>
#include <limits>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/studio/csv_rows.h"
#include "priorseg/studio/object_list.h"

namespace priorseg {
namespace {

constexpr int64_t kMeasuredRows = 512;

/// The label map of one picture.
/// @param num_pictures  of the image.
torch::Tensor read_map_of_picture(const std::filesystem::path& path, int64_t picture, int64_t num_pictures) {
  if (!std::filesystem::exists(path)) throw Error("there are no results of this image yet: " + path.string());
  const auto maps = read_label_maps(path);
  if (std::ssize(maps) != num_pictures) {
    throw Error(path.string() + " holds " + std::to_string(maps.size()) + " pictures and its image " +
                std::to_string(num_pictures) + "; it belongs to another image, or to other planes of it");
  }
  if (picture < 0 || picture >= num_pictures)
    throw Error(path.string() + " has no picture " + std::to_string(picture + 1));
  return maps[static_cast<size_t>(picture)];
}

}  // namespace

std::filesystem::path journal_of(const OutputPaths& folder, const std::string& stem) {
  return folder.root / "corrections" / (stem + ".jsonl");
}

ImageResult::ImageResult(const std::filesystem::path& image, const PlaneChoice& planes,
                         const OutputPaths& folder, const std::string& stem, int64_t picture)
    : image_(ImageInput(image).with_planes(planes)), picture_(picture) {
  const ImageReader reader(image_);
  const auto& info = reader.info();
  num_pictures_ = reader.num_pictures();
  const auto labels = read_map_of_picture(folder.label_map(stem), picture, num_pictures_);
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
  reader.go_to(picture_);
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
  auto result = list_objects(editor.labels(), measure());
  result.update({{"revision", corrections_->revision()},
                 {"can_undo", editor.can_undo()},
                 {"can_redo", editor.can_redo()},
                 {"can_correct", num_pictures_ == 1},
                 {"remark", corrections_->remark()},
                 {"changed", nlohmann::json::array()}});
  for (const auto& row : result["rows"])
    if (editor.is_changed(row[0].get<int32_t>())) result["changed"].push_back(row[0]);
  return description_ = result.dump();
}

void ImageResult::apply(const nlohmann::json& action, int64_t revision) {
  if (num_pictures_ > 1) throw Error("objects of films and stacks are shown, but cannot be corrected here");
  const std::lock_guard lock(mutex_);
  corrections_->apply(action, revision);
  description_.clear();
}

bool ImageResult::is_corrected() {
  const std::lock_guard lock(mutex_);
  return corrections_->editor().is_any_changed();
}

ImageResult::Present ImageResult::present() {
  if (num_pictures_ > 1)
    throw Error(image_.name() + " is a film or a stack; its results stay as they were found, in 'labels'");
  const std::lock_guard lock(mutex_);
  return {corrections_->editor().labels().clone(), measure()};
}

}  // namespace priorseg
