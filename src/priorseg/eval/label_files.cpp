#include "priorseg/eval/label_files.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "priorseg/core/error.h"
#include "priorseg/core/image_name.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

using FileOfKey = std::map<std::string, fs::path>;

bool is_tiff(const fs::path& path) {
  return lower_extension(path) == ".tif" || lower_extension(path) == ".tiff";
}

bool is_label_file(const fs::path& path) {
  // A leading dot marks temporary files and the shadow files of some file systems.
  return (is_tiff(path) || lower_extension(path) == ".png") && path.filename().string().front() != '.';
}

/// Adds `path` under `key`; of a TIFF and a PNG with the same key the TIFF stays.
void add_file(FileOfKey& files, const std::string& key, const fs::path& path) {
  const auto [entry, added] = files.emplace(key, path);
  if (added || entry->second == path) return;
  if (is_tiff(entry->second) == is_tiff(path)) {
    throw Error("the label maps " + entry->second.string() + " and " + path.filename().string() +
                " both stand for image '" + key + "', expected one; move one of them away");
  }
  if (is_tiff(path)) entry->second = path;
}

FileOfKey label_files_in(const fs::path& folder) {
  FileOfKey files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_label_file(entry.path())) {
      add_file(files, image_stem(entry.path()), entry.path());
    }
  }
  return files;
}

/// "75" of man_seg075, man_seg_075, man_track075, mask075, t075.
std::optional<std::string> frame_number(const std::string& stem) {
  const size_t digits = stem.find_first_of("0123456789");
  if (digits == std::string::npos || stem.find_first_not_of("0123456789", digits) != std::string::npos) {
    return std::nullopt;
  }
  static const std::set<std::string> prefixes = {"man_seg", "man_seg_", "man_track", "mask", "t"};
  if (!prefixes.contains(stem.substr(0, digits))) return std::nullopt;
  const size_t first = stem.find_first_not_of('0', digits);
  return first == std::string::npos ? "0" : stem.substr(first);
}

FileOfKey keyed_by_frame(const FileOfKey& files) {
  FileOfKey result;
  for (const auto& [stem, path] : files) {
    if (const auto number = frame_number(stem)) add_file(result, *number, path);
  }
  return result;
}

FileOfKey keyed_without_label_ending(const FileOfKey& files) {
  FileOfKey result;
  for (const auto& [stem, path] : files) add_file(result, without_label_ending(stem), path);
  return result;
}

void check_exists(const fs::path& path, const std::string& what) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw Error("there is no " + what + " at " + path.string() +
                ", expected a label map or a folder of label maps");
  }
}

FileOfKey truth_files(const fs::path& truth) {
  if (!fs::is_directory(truth)) return {{image_stem(truth), truth}};
  FileOfKey files = label_files_in(truth);
  for (const char* inner : {"labels", "SEG"}) {
    if (files.empty() && fs::is_directory(truth / inner)) files = label_files_in(truth / inner);
  }
  if (files.empty())
    throw Error("the truth folder " + truth.string() + " holds no label maps (.tif, .tiff, .png)");
  return files;
}

FileOfKey predicted_files(const fs::path& predicted) {
  if (!fs::is_directory(predicted)) return {{image_stem(predicted), predicted}};
  // An output folder has pictures beside its label maps: only labels/ counts there.
  const fs::path folder = fs::is_directory(predicted / "labels") ? predicted / "labels" : predicted;
  FileOfKey files = label_files_in(folder);
  if (files.empty()) {
    throw Error("the folder of predictions " + folder.string() + " holds no label maps (.tif, .tiff, .png)");
  }
  return files;
}

/// Finds predictions or images by name, by name without its ending, by frame number, in this order.
class FileFinder {
 public:
  explicit FileFinder(FileOfKey files) : by_stem_(std::move(files)) {}

  std::optional<fs::path> find(const std::string& truth_stem) {
    if (const auto found = by_stem_.find(truth_stem); found != by_stem_.end()) return found->second;
    // Made only where names differ, so that files that pair by name cannot clash here.
    if (!by_shortened_stem_) by_shortened_stem_ = keyed_without_label_ending(by_stem_);
    const auto shortened = by_shortened_stem_->find(without_label_ending(truth_stem));
    if (shortened != by_shortened_stem_->end()) return shortened->second;
    const auto number = frame_number(truth_stem);
    if (!number) return std::nullopt;
    if (!by_frame_) by_frame_ = keyed_by_frame(by_stem_);
    const auto frame = by_frame_->find(*number);
    return frame == by_frame_->end() ? std::nullopt : std::optional(frame->second);
  }

 private:
  FileOfKey by_stem_;
  std::optional<FileOfKey> by_shortened_stem_;
  std::optional<FileOfKey> by_frame_;
};

FileOfKey keyed_by_stem(const std::vector<fs::path>& paths) {
  FileOfKey files;
  for (const auto& path : paths) add_file(files, image_stem(path), path);
  return files;
}

/// "a.tif, b.tif, c.tif, ..."
std::string first_few(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 3); ++i) text += (i ? ", " : "") + names[i];
  return names.size() > 3 ? text + ", ..." : text;
}

[[noreturn]] void report_missing(const std::vector<std::string>& missing, size_t num_truth,
                                 const fs::path& predicted) {
  throw Error("no prediction in " + predicted.string() + " for " + std::to_string(missing.size()) + " of " +
              std::to_string(num_truth) + " true label maps (" + first_few(missing) +
              "), expected files of the same names; segment these images or leave their truth out");
}

}  // namespace

LabelFilePairing pair_label_files(const fs::path& predicted, const fs::path& truth) {
  check_exists(predicted, "prediction");
  check_exists(truth, "truth");
  if (!fs::is_directory(predicted) && !fs::is_directory(truth)) {
    return {{{image_stem(truth), predicted, truth}}, {}};
  }
  const FileOfKey predictions = predicted_files(predicted);
  const FileOfKey truths = truth_files(truth);
  FileFinder finder(predictions);
  LabelFilePairing result;
  std::vector<std::string> missing;
  std::map<fs::path, fs::path> truth_of;  // by prediction
  for (const auto& [stem, path] : truths) {
    const auto found = finder.find(stem);
    if (!found) {
      missing.push_back(path.filename().string());
      continue;
    }
    const auto [entry, added] = truth_of.emplace(*found, path);
    if (!added) {
      throw Error("the true label maps " + entry->second.string() + " and " + path.filename().string() +
                  " both belong to the prediction " + found->string() + ", expected one");
    }
    result.pairs.push_back({stem, *found, path});
  }
  // A single prediction is one image of the truth folder: the others are not asked for.
  const bool single = !fs::is_directory(predicted) && !result.pairs.empty();
  if (!missing.empty() && !single) report_missing(missing, truths.size(), predicted);
  for (const auto& [stem, path] : predictions) {
    if (!truth_of.contains(path)) result.unpaired.push_back(path);
  }
  return result;
}

std::vector<AnnotatedFile> pair_images_with_labels(const std::vector<fs::path>& images,
                                                   const std::vector<fs::path>& label_maps) {
  if (images.size() == 1 && label_maps.size() == 1)
    return {{image_stem(label_maps.front()), images.front(), label_maps.front()}};
  FileFinder finder(keyed_by_stem(images));
  std::vector<AnnotatedFile> pairs;
  std::vector<std::string> missing;
  for (const auto& [stem, path] : keyed_by_stem(label_maps)) {
    if (const auto image = finder.find(stem)) {
      pairs.push_back({stem, *image, path});
    } else {
      missing.push_back(path.filename().string());
    }
  }
  if (!missing.empty()) {
    throw Error("there is no image for " + std::to_string(missing.size()) + " of " +
                std::to_string(label_maps.size()) + " label maps (" + first_few(missing) +
                "), expected files of the same names");
  }
  return pairs;
}

std::vector<AnnotatedFile> find_annotated_images(const std::vector<fs::path>& images,
                                                 const std::vector<fs::path>& label_maps) {
  FileFinder finder(keyed_by_stem(images));
  std::map<fs::path, std::vector<fs::path>> labels_of_image;
  for (const auto& path : label_maps)
    if (const auto image = finder.find(image_stem(path))) labels_of_image[*image].push_back(path);
  std::vector<AnnotatedFile> pairs;
  for (const auto& [image, labels] : labels_of_image)
    if (labels.size() == 1) pairs.push_back({image_stem(labels.front()), image, labels.front()});
  return pairs;
}

}  // namespace priorseg
