#include "priorseg/studio/image_result.h"

#include <torch/types.h>

#include <limits>
#include <utility>

#include "priorseg/image/image_reader.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMeasuredRows = 512;

fs::path corrections_folder(const OutputPaths& folder) { return folder.root / "corrections"; }

/// Labels that begin with 1: measurements are kept by label, and need no room for those of pictures before.
torch::Tensor without_labels_before(const torch::Tensor& labels, int32_t labels_before) {
  return labels_before == 0 ? labels : labels - labels.gt(0).to(torch::kInt32) * labels_before;
}

}  // namespace

fs::path journal_of(const OutputPaths& folder, const std::string& stem, int64_t picture,
                    int64_t num_pictures) {
  if (num_pictures == 1) return corrections_folder(folder) / (stem + ".jsonl");
  return corrections_folder(folder) / (stem + ".pictures") / (std::to_string(picture + 1) + ".jsonl");
}

bool has_journal(const OutputPaths& folder, const std::string& stem) {
  if (fs::exists(journal_of(folder, stem, 0, 1))) return true;
  std::error_code not_there;
  for (const auto& entry :
       fs::directory_iterator(corrections_folder(folder) / (stem + ".pictures"), not_there))
    if (entry.path().extension() == ".jsonl") return true;
  return false;
}

ImageResult::ImageResult(const FoundImage& found, const OutputPaths& folder, const std::string& stem,
                         int64_t picture)
    : image_(found.image()), picture_(picture), found_(found.picture(picture)) {
  const auto journal = journal_of(folder, stem, picture, found.num_pictures());
  corrections_ = std::make_unique<Corrections>(found_.labels, journal, found_.highest);
}

std::vector<ObjectMeasurements> ImageResult::measure(bool with_channels) const {
  const auto& editor = corrections_->editor();
  const int32_t before = found_.labels_before;
  const auto labels = without_labels_before(editor.labels(), before);
  ImageReader reader(image_);
  reader.go_to(picture_);
  with_channels = with_channels && !reader.channel_names().empty();
  RunningMeasurements running(labels.size(1), reader.info().pixel_size);
  for (int64_t first = 0; first < labels.size(0); first += kMeasuredRows) {
    const int64_t last = std::min(first + kMeasuredRows, labels.size(0));
    torch::Tensor channels;
    if (with_channels) channels = reader.read_rows_of_channels(first, last);
    running.add_rows(labels.slice(0, first, last), reader.read_rows(first, last), channels);
  }
  auto scores = found_.scores;
  scores.resize(static_cast<size_t>(editor.highest_label() - before),
                std::numeric_limits<float>::quiet_NaN());
  auto objects = running.finish(scores);
  for (auto& object : objects) {
    const auto entry = static_cast<size_t>(object.label) - 1;
    object.label += before;
    object.frame = reader.picture().frame + 1;
    object.slice = reader.picture().first_slice + 1;
    // What a person drew has no score.
    if (editor.is_changed(object.label)) {
      object.score = object.quality = std::numeric_limits<double>::quiet_NaN();
    } else if (entry < found_.qualities.size()) {
      object.quality = static_cast<double>(found_.qualities[entry]);
    }
  }
  return objects;
}

/// With mutex_ held.
const std::vector<ObjectMeasurements>& ImageResult::measured() {
  if (!is_measured_) measured_ = measure(false);
  is_measured_ = true;
  return measured_;
}

std::string ImageResult::describe() {
  const std::lock_guard lock(mutex_);
  if (!description_.empty()) return description_;
  const auto& editor = corrections_->editor();
  const auto& objects = measured();
  auto result = list_objects(editor.labels(), objects, objects.size() <= kMostWholeOutlines);
  result.update({{"revision", corrections_->revision()},
                 {"can_undo", editor.can_undo()},
                 {"can_redo", editor.can_redo()},
                 {"can_correct", true},
                 {"remark", corrections_->remark()},
                 {"changed", nlohmann::json::array()}});
  for (const auto& row : result["rows"])
    if (editor.is_changed(row[0].get<int32_t>())) result["changed"].push_back(row[0]);
  return description_ = result.dump();
}

std::string ImageResult::outlines_in(const PixelBox& view) {
  const std::lock_guard lock(mutex_);
  auto result = list_outlines(corrections_->editor().labels(), measured(), view);
  result["revision"] = corrections_->revision();
  return result.dump();
}

void ImageResult::apply(const nlohmann::json& action, int64_t revision) {
  const std::lock_guard lock(mutex_);
  corrections_->apply(action, revision);
  is_measured_ = false;
  description_.clear();
}

bool ImageResult::is_corrected() {
  const std::lock_guard lock(mutex_);
  return corrections_->editor().is_any_changed();
}

ImageResult::Present ImageResult::present(bool with_channels) {
  const std::lock_guard lock(mutex_);
  const auto& editor = corrections_->editor();
  return {editor.labels().clone(), with_channels ? measure(true) : measured(),
          editor.highest_label() - found_.highest};
}

}  // namespace priorseg
