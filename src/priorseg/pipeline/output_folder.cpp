#include "priorseg/pipeline/output_folder.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <system_error>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/image_name.h"
#include "priorseg/core/utf8.h"
#include "priorseg/data/image_list.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/pipeline/own_files.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/result_files.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr size_t kLongestTemporaryName = 64;  // of core/atomic_file, bytes

/// "out/" and "out" are one folder.
fs::path without_last_slash(const fs::path& path) {
  return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

/// Whether a name is taken, be it by a link that leads nowhere.
bool is_taken(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

std::string count_of(size_t count, const std::string& singular, const std::string& plural) {
  return std::to_string(count) + " " + (count == 1 ? singular : plural);
}

/// "a, b, ..."
std::string first_two(const std::vector<std::string>& names) {
  return names.front() + (names.size() > 1 ? ", " + names[1] : "") + (names.size() > 2 ? ", ..." : "");
}

void check_folder_is_writable(const fs::path& folder) {
  std::error_code error;
  if (!is_taken(folder)) return;
  if (!fs::is_directory(folder, error)) {
    throw Error(
        folder.string() +
        " is a file, expected a folder for results; give another output folder with -o, or move it away");
  }
  const PartialFile probe(folder / "probe");
  if (!std::ofstream(probe.temporary())) {
    throw Error("cannot write into " + folder.string() +
                ": check its permissions, or give another output folder with -o");
  }
}

/// The list of a folder of an earlier version counts from now on: images with whole rows were finished.
std::map<std::string, FinishedImage> images_finished_earlier(const OutputPaths& paths,
                                                             const EarlierResults& earlier,
                                                             const std::map<std::string, int64_t>& rows) {
  std::map<std::string, FinishedImage> images;
  for (const auto& stem : earlier.stems) {
    std::error_code error;
    if (const auto found = rows.find(stem); found != rows.end())
      images[stem] = {found->second, fs::file_size(paths.label_map(stem), error)};
  }
  return images;
}

/// Every form that is a file an image.
constexpr std::array kImageForms = {ResultForm::kLabels,   ResultForm::kOverlay, ResultForm::kRois,
                                    ResultForm::kGeoJson,  ResultForm::kCoco,    ResultForm::kCtc,
                                    ResultForm::kCellpose, ResultForm::kOmeTiff, ResultForm::kOmeZarr,
                                    ResultForm::kOmeZarr05};

}  // namespace

OutputFolder::OutputFolder(const fs::path& folder, const FolderPlan& plan, Observer& observer)
    : OutputPaths{without_last_slash(folder)},
      observer_(observer),
      stems_(plan.stems.empty() ? output_stems(plan.images) : plan.stems),
      shard_(plan.shard),
      forms_(plan.forms),
      lock_(root, own()),
      record_(own() / "files") {
  const std::set<std::string> planned(stems_.begin(), stems_.end());
  for (const auto& [stem, image] : record_.finished())
    if (!planned.contains(stem)) numbers_of_others_.insert(frame_digits(stem));
  check_writable(plan);
  check_names(plan);
  check_ctc_masks(plan);
  if (!stems_.empty()) rows_ = count_rows_of_images(objects());
  const auto earlier = record_.exists() ? EarlierResults() : find_earlier_results(root);
  earlier_files_.insert(earlier.files.begin(), earlier.files.end());
  const auto known = record_.exists() ? record_.finished() : images_finished_earlier(*this, earlier, rows_);
  if (plan.resume) find_finished_images(known);
  refuse_inputs(plan);
  refuse_foreign_files(plan);

  // All is well: from here on the folder changes.
  if (!record_.exists()) {
    record_.add_written(earlier.files);
    record_.add_finished(known);
  }
  if (!earlier.stems.empty()) {
    observer_.info("the results of " + count_of(earlier.stems.size(), "image", "images") +
                   " that an earlier version of priorseg left in " + root.string() + " are taken over");
  }
  remove_leftovers();
  tell_names();
}

void OutputFolder::check_writable(const FolderPlan& plan) const {
  if (plan.trains) check_folder_is_writable(previews());
  if (stems_.empty()) return;
  check_folder_is_writable(labels());
  check_folder_is_writable(overlays());
  for (const auto form : forms_) {
    const fs::path file = image_file(form, stems_.front());
    if (!file.empty()) check_folder_is_writable(file.parent_path());
  }
}

void OutputFolder::check_names(const FolderPlan& plan) const {
  const long longest = ::pathconf(root.c_str(), _PC_NAME_MAX);
  const size_t longest_name = longest > 0 ? static_cast<size_t>(longest) : NAME_MAX;
  for (size_t i = 0; i < stems_.size(); ++i) {
    fs::path result = overlay(stems_[i]);
    for (const auto form : forms_) {
      const fs::path file = image_file(form, stems_[i]);
      if (file.native().size() > result.native().size()) result = file;
    }
    const size_t name = result.filename().native().size();
    const size_t path =
        result.native().size() + (name < kLongestTemporaryName ? kLongestTemporaryName - name : 0);
    if (name <= longest_name && path < PATH_MAX) continue;
    throw Error("the results of " + plan.images[i].string() + " would have " +
                (name > longest_name ? "names of " + std::to_string(name) + " bytes, expected at most " +
                                           std::to_string(longest_name)
                                     : "paths of " + std::to_string(path) + " bytes, expected less than " +
                                           std::to_string(PATH_MAX)) +
                "; give the image a shorter name, or the results another folder");
  }
}

void OutputFolder::check_ctc_masks(const FolderPlan& plan) const {
  if (!forms_.contains(ResultForm::kCtc)) return;
  const std::string remedy = "; rename it, or leave ctc out of --save";
  std::map<fs::path, fs::path> image_of;
  for (size_t i = 0; i < stems_.size(); ++i) {
    if (is_film_or_stack(plan.images[i])) continue;  // gets a folder of its own
    const fs::path mask = ctc_mask(stems_[i]);
    if (mask.empty()) {
      throw Error("the name of " + plan.images[i].string() +
                  " ends in no number, but masks of the Cell Tracking Challenge are numbered as their images "
                  "are, expected t000.tif, t001.tif, ..." +
                  remedy);
    }
    const auto [other, is_first] = image_of.emplace(mask, plan.images[i]);
    if (!is_first || is_mask_of_another(stems_[i])) {
      const std::string owner = is_first ? "another image of this folder" : other->second.string();
      throw Error(plan.images[i].string() + " and " + owner + " would both have the mask " + mask.string() +
                  ", expected frames of one sequence" + remedy);
    }
  }
}

/// Whether an image that is not of the plan has the number that `stem` ends in, and a mask.
bool OutputFolder::is_mask_of_another(const std::string& stem) const {
  return numbers_of_others_.contains(frame_digits(stem)) && is_taken(ctc_mask(stem));
}

void OutputFolder::find_finished_images(const std::map<std::string, FinishedImage>& known) {
  for (const auto& stem : stems_) {
    const auto image = known.find(stem);
    const auto rows = rows_.find(stem);
    std::error_code error;
    const bool is_whole =
        image != known.end() && image->second.objects == (rows == rows_.end() ? 0 : rows->second) &&
        fs::is_regular_file(label_map(stem), error) &&
        std::all_of(forms_.begin(), forms_.end(), [&](ResultForm form) { return has_form(form, stem); });
    if (is_whole) finished_.insert(stem);
  }
}

bool OutputFolder::has_form(ResultForm form, const std::string& stem) const {
  std::error_code error;
  return fs::exists(image_file(form, stem), error) ||
         (form == ResultForm::kCtc && fs::is_directory(ctc_sequence(stem), error));
}

std::vector<std::string> OutputFolder::open_images() const {
  std::vector<std::string> open;
  std::copy_if(stems_.begin(), stems_.end(), std::back_inserter(open),
               [&](const std::string& stem) { return !finished_.contains(stem); });
  return open;
}

std::map<std::string, int64_t> OutputFolder::objects_of_images() const {
  std::map<std::string, int64_t> objects;
  for (const auto& [stem, image] : record_.finished()) objects[stem] = image.objects;
  return objects;
}

std::vector<fs::path> OutputFolder::outputs(const FolderPlan& plan,
                                            const std::vector<std::string>& stems) const {
  std::vector<fs::path> paths;
  if (plan.makes_prior) paths.push_back(prior());
  if (plan.trains) {
    for (const auto& path : {settings(), model(), losses(), checkpoint(), teacher(), unfinished_model()})
      paths.push_back(path);
  }
  if (!stems_.empty()) {
    paths.push_back(objects());
    paths.push_back(report());
    paths.push_back(images_table());
    paths.push_back(manifest());
    paths.push_back(summary());
    paths.push_back(provenance());
    if (forms_.contains(ResultForm::kCoco)) paths.push_back(coco());
  }
  for (const auto& stem : stems) {
    paths.push_back(label_map(stem));
    paths.push_back(overlay(stem));
    for (const auto form : forms_) paths.push_back(image_file(form, stem));
    if (forms_.contains(ResultForm::kCtc)) paths.push_back(ctc_sequence(stem));
  }
  return paths;
}

void OutputFolder::refuse_inputs(const FolderPlan& plan) const {
  std::vector<fs::path> inputs = plan.inputs;
  inputs.insert(inputs.end(), plan.images.begin(), plan.images.end());
  InputFiles(inputs).refuse_as_outputs(outputs(plan, stems_));
}

bool OutputFolder::is_own(const fs::path& path) const {
  const fs::path name = path.lexically_relative(root);
  return record_.wrote(name) || earlier_files_.contains(name) || is_own_by_content(path);
}

/// A label map of ours that somebody corrected by hand is ours no more.
bool OutputFolder::was_changed(const std::string& stem) const {
  const auto image = record_.finished().find(stem);
  if (image == record_.finished().end()) return false;
  std::error_code error;
  const auto bytes = fs::file_size(label_map(stem), error);
  return !error && bytes != image->second.label_map_bytes;
}

/// Label maps of the same images under other names: beside results they would be taken for each other.
std::vector<fs::path> OutputFolder::label_maps_of_others() const {
  const auto open = open_images();
  const std::set<std::string> stems(open.begin(), open.end());
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(labels(), error)) {
    const std::string extension = lower_extension(entry.path());
    const bool is_label_map = extension == ".tif" || extension == ".tiff" || extension == ".png";
    const std::string stem = without_label_ending(image_stem(entry.path()));
    const bool is_hidden = entry.path().filename().native().front() == '.';
    if (!is_label_map || is_hidden || !stems.contains(stem) || entry.path() == label_map(stem)) continue;
    if (!is_own(label_map(stem)) && !is_own(entry.path())) found.push_back(entry.path());
  }
  return found;
}

void OutputFolder::refuse_foreign_files(const FolderPlan& plan) const {
  std::vector<std::string> foreign, changed;
  const auto open = open_images();
  for (const auto& path : outputs(plan, open))
    if (is_taken(path) && !is_own(path)) foreign.push_back(path.string());
  for (const auto& path : label_maps_of_others()) foreign.push_back(path.string());
  for (const auto& stem : open)
    if (was_changed(stem)) changed.push_back(label_map(stem).string());
  if (!foreign.empty()) {
    throw Error("the output folder " + root.string() + " already holds " +
                count_of(foreign.size(), "file", "files") +
                " that priorseg did not write and that its results would replace or stand beside (" +
                first_two(foreign) + "); give another folder with -o, or move them away");
  }
  if (!changed.empty()) {
    throw Error(count_of(changed.size(), "label map was", "label maps were") +
                " changed by somebody after priorseg wrote it (" + first_two(changed) +
                "), and nothing of others is replaced; give another folder with -o, or move it away");
  }
}

void OutputFolder::remove_leftovers() const {
  int64_t removed = 0;
  std::set<fs::path> folders = {root, own(), previews()};
  for (const auto form : kImageForms) folders.insert(image_file(form, "0").parent_path());
  for (const auto& folder : folders) removed += remove_partial_files(folder);
  if (removed > 0) {
    observer_.info("removed " + count_of(static_cast<size_t>(removed), "temporary file", "temporary files") +
                   " that an interrupted run left in " + root.string());
  }
}

void OutputFolder::tell_names() const {
  const auto is_odd = [](const std::string& stem) { return !is_utf8(stem); };
  const auto odd = std::count_if(stems_.begin(), stems_.end(), is_odd);
  if (odd == 0) return;
  const auto example = std::find_if(stems_.begin(), stems_.end(), is_odd);
  observer_.info(
      count_of(static_cast<size_t>(odd), "image has a name that is", "images have names that are") +
      " no UTF-8: table and report write such bytes as in " + utf8_or_escaped(*example));
}

std::set<std::string> OutputFolder::begin_images() {
  const auto open = open_images();
  std::error_code error;
  tell_missing_forms();
  for (const auto& stem : open) drop_image(stem);
  for (const auto& path : {report(), images_table(), summary(), coco()})
    if (!open.empty() && is_own(path)) fs::remove(path, error);
  const auto before = record_.finished();
  record_.add_open(open);

  const std::set<std::string> planned(stems_.begin(), stems_.end());
  std::set<std::string> kept = finished_;
  for (const auto& [stem, count] : rows_)
    if (!planned.contains(stem) && is_taken(label_map(stem))) kept.insert(stem);
  std::vector<std::string> lost;
  for (const auto& [stem, image] : before) {
    if (image.objects > 0 && !planned.contains(stem) && !kept.contains(stem) && is_taken(label_map(stem)))
      lost.push_back(utf8_or_escaped(stem));
  }
  if (kept.size() > finished_.size()) {
    observer_.info("objects.csv keeps the rows of " +
                   count_of(kept.size() - finished_.size(), "other image", "other images") + " of " +
                   root.string());
  }
  if (!lost.empty()) {
    observer_.warn("objects.csv lacks the rows of " + count_of(lost.size(), "other image", "other images") +
                   " of " + root.string() + " (" + first_two(lost) +
                   "); segment them into the same folder with --resume to have them again");
  }
  return kept;
}

/// Images that stay as they are may have forms that this plan gives to no others.
void OutputFolder::tell_missing_forms() const {
  if (finished_.size() == stems_.size()) return;
  for (const auto form : kImageForms) {
    const bool is_made = form == ResultForm::kLabels || form == ResultForm::kOverlay || forms_.contains(form);
    const auto count = std::count_if(finished_.begin(), finished_.end(), [&](const std::string& stem) {
      const fs::path path = image_file(form, stem);
      return !path.empty() && is_taken(path) && is_own(path);
    });
    if (is_made || count == 0) continue;
    const std::string name = name_of(form);
    observer_.warn(count_of(static_cast<size_t>(count), "image that is", "images that are") +
                   " finished have the form '" + name + "', the others will not; give --save " + name +
                   " for all to have it");
  }
}

std::vector<std::string> OutputFolder::images_of_coco() const {
  std::vector<std::string> with, without;
  for (const auto& [stem, image] : record_.finished())
    (is_taken(coco_part(stem)) ? with : without).push_back(stem);
  if (!without.empty() && forms_.contains(ResultForm::kCoco)) {
    observer_.warn("coco.json lacks " + count_of(without.size(), "other image", "other images") + " of " +
                   root.string() + " (" + first_two(without) + "); segment them with --save coco, too");
  }
  return with;
}

fs::path OutputFolder::claim(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  if (is_taken(path) && !is_own(path)) {
    throw Error("cannot write " + path.string() +
                ": a file that priorseg did not write has come there meanwhile; move it away");
  }
  record_.add_written({path.lexically_relative(root)});
  return path;
}

void OutputFolder::remove_own_files(const fs::path& folder) const {
  std::error_code error;
  std::vector<fs::path> own;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (is_own(entry.path())) own.push_back(entry.path());
  for (const auto& path : own) fs::remove(path, error);
}

void OutputFolder::drop_image(const std::string& stem) {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  for (const auto form : kImageForms) {
    const fs::path path = image_file(form, stem);
    if (path.empty() || !is_own(path) || (form == ResultForm::kCtc && is_mask_of_another(stem))) continue;
    fs::remove_all(path, error);
  }
  if (is_own(ctc_sequence(stem))) fs::remove_all(ctc_sequence(stem), error);
}

void OutputFolder::finish_image(const std::string& stem, int64_t num_objects) {
  const std::lock_guard lock(mutex_);
  record_.add_finished({{stem, {num_objects, fs::file_size(label_map(stem))}}});
}

}  // namespace priorseg
