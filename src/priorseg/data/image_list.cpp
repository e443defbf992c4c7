#include "priorseg/data/image_list.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "priorseg/core/error.h"
#include "priorseg/core/image_name.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/ome_zarr_layout.h"
#include "priorseg/image/slide_stack.h"
#include "priorseg/image/zarr_metadata.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr std::array kEndings = {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp"};
constexpr const char* kEndingsText = "tif, tiff, png, jpg, jpeg, bmp, zarr or that of a whole slide";

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool has_image_ending(const fs::path& path) {
  return std::find(kEndings.begin(), kEndings.end(), lower_extension(path)) != kEndings.end() ||
         is_slide(path);
}

bool is_store_by_name(const fs::path& path) { return lower_extension(path) == ".zarr"; }

enum class Wanted { kImages, kLabelMaps };

/// A link without the file that it leads to, as data sets of DataLad and git-annex hold until their content
/// is fetched.
bool is_broken_link(const fs::path& path) {
  std::error_code error;
  return fs::is_symlink(fs::symlink_status(path, error)) && !fs::exists(path, error);
}

void warn_of_broken_links(const std::vector<fs::path>& images, Observer& observer) {
  std::vector<fs::path> broken;
  std::copy_if(images.begin(), images.end(), std::back_inserter(broken), is_broken_link);
  if (broken.empty()) return;
  std::error_code error;
  observer.warn(std::to_string(broken.size()) + " of " + std::to_string(images.size()) +
                " images cannot be read, they are links to files that are not there (" +
                broken.front().string() + " -> " + fs::read_symlink(broken.front(), error).string() +
                "); fetch these, for instance with 'datalad get' or 'git annex get'");
}

std::vector<fs::path> image_files_in(const fs::path& folder) {
  std::vector<fs::path> images;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw Error("cannot read the folder " + folder.string() + ": " + error.message());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    const bool is_file = entry.is_regular_file(error) || is_broken_link(entry.path());
    if (name.front() == '.') continue;
    if (is_file && has_image_ending(name)) images.push_back(entry.path());
    if (is_store_by_name(name) && is_zarr(entry.path())) images.push_back(entry.path());
  }
  if (images.empty()) {
    throw Error("the folder " + folder.string() + " holds no image, expected files that end in " +
                kEndingsText + "; images in folders below it are read with --recursive");
  }
  std::sort(images.begin(), images.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return images;
}

/// Tells the images of a folder from what programs lay beside them: label maps (a_masks.tif beside a.tif) and
/// thumbnails (a_thumb.tif; microscopes add a number of their own to both names).
class Neighbours {
 public:
  explicit Neighbours(const std::vector<fs::path>& files) {
    for (const auto& file : files)
      if (thumbnail_place(image_stem(file)) == std::string::npos) stems_.emplace(image_stem(file), file);
  }

  /// The image that a label map lies beside.
  std::optional<fs::path> image_of_labels(const fs::path& file) const {
    const std::string stem = image_stem(file), base = without_label_ending(stem);
    const auto image = stems_.find(base);
    return base == stem || image == stems_.end() ? std::nullopt : std::optional(image->second);
  }

  /// The image that a thumbnail lies beside.
  std::optional<fs::path> image_of_thumbnail(const fs::path& file) const {
    const std::string stem = image_stem(file);
    const size_t place = thumbnail_place(stem);
    if (place == std::string::npos) return std::nullopt;
    const std::string base = stem.substr(0, place);
    const auto image = stems_.lower_bound(base);
    const bool is_there = image != stems_.end() && image->first.starts_with(base);
    return is_there ? std::optional(image->second) : std::nullopt;
  }

 private:
  static size_t thumbnail_place(std::string stem) {
    for (char& c : stem) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* mark : {"_thumb", "-thumb", ".thumb"})
      if (const size_t place = stem.find(mark); place != std::string::npos && place > 0) return place;
    return std::string::npos;
  }

  std::map<std::string, fs::path> stems_;  // of all but thumbnails
};

/// "3 files of FOLDER were left out: a_masks.tif is the label map of a.tif by its name, ..."
void warn_of_left_out(const fs::path& folder, size_t count, const std::string& example, Observer& observer) {
  if (count == 0) return;
  observer.warn(std::to_string(count) + (count == 1 ? " file of " : " files of ") + folder.string() +
                (count == 1 ? " is" : " are") + " left out: " + example +
                "; a file that is named itself is taken");
}

/// An OME-TIFF in several files is one image, which any of them stands for: the first is kept.
std::vector<fs::path> without_further_files_of_sets(const std::vector<fs::path>& files, Observer& observer) {
  std::vector<fs::path> kept;
  std::set<fs::path> further;
  for (const auto& file : files) {
    if (further.contains(file)) continue;
    kept.push_back(file);
    if (lower_extension(file.stem()) != ".ome") continue;
    try {
      for (const auto& part : files_of_image(file)) further.insert(part);
    } catch (const Error&) {  // told when it is read
    }
  }
  if (kept.size() < files.size())
    observer.info(std::to_string(files.size()) + " files hold " + std::to_string(kept.size()) +
                  (kept.size() == 1 ? " image" : " images") +
                  ": OME-TIFFs in several files are read from the first of them, such as " +
                  kept.front().filename().string());
  return kept;
}

std::vector<fs::path> images_in_folder(const fs::path& folder, Wanted wanted, Observer& observer) {
  const auto files = without_further_files_of_sets(image_files_in(folder), observer);
  const Neighbours neighbours(files);
  const auto lies_beside_its_image = [&](const fs::path& file) {
    return neighbours.image_of_labels(file).has_value();
  };
  const bool mixed = std::any_of(files.begin(), files.end(), lies_beside_its_image);
  std::vector<fs::path> taken;
  size_t left_out = 0;
  std::string example;
  const auto leave_out = [&](const fs::path& file, const std::string& what) {
    if (left_out++ == 0) example = file.filename().string() + " " + what;
  };
  for (const auto& file : files) {
    const std::string stem = image_stem(file);
    if (const auto image = neighbours.image_of_thumbnail(file)) {
      leave_out(file, "is the thumbnail of " + image->filename().string() + " by its name");
    } else if (const auto base = neighbours.image_of_labels(file); base && wanted == Wanted::kImages) {
      leave_out(file, "is the label map of " + base->filename().string() + " by its name");
    } else if (wanted == Wanted::kLabelMaps && mixed && without_label_ending(stem) == stem) {
      leave_out(file, "is an image by its name, others have label maps beside them");
    } else if (is_store_by_name(file)) {
      const auto images = images_of_zarr(file);
      taken.insert(taken.end(), images.begin(), images.end());
    } else {
      taken.push_back(file);
    }
  }
  warn_of_left_out(folder, left_out, example, observer);
  return taken;
}

/// The truth and results that lie beside a sequence of the Cell Tracking Challenge.
bool is_ctc_annotation(const std::string& name) {
  const size_t digits = name.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string::npos) return false;
  const std::string rest = name.substr(digits);
  return rest == "_GT" || rest == "_ST" || rest == "_RES" || rest == "_ERR_SEG";
}

/// The folder and those below it that hold files that look like images, in natural order.
std::vector<fs::path> folders_below(const fs::path& folder, Observer& observer) {
  std::set<fs::path> with_images;
  std::string annotations;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto entry = fs::recursive_directory_iterator(folder, options, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (entry->is_directory(unknown)) {
      const bool is_annotation = is_ctc_annotation(name);
      if (is_annotation) annotations += (annotations.empty() ? "" : ", ") + name;
      const bool is_store = is_store_by_name(name);
      if (is_store && name.front() != '.') with_images.insert(entry->path().parent_path());
      if (is_annotation || is_store || name.front() == '.' || name == "__MACOSX")
        entry.disable_recursion_pending();
    } else if (name.front() != '.' && has_image_ending(name)) {
      with_images.insert(entry->path().parent_path());
    }
  }
  if (error) throw Error("cannot read the folders below " + folder.string() + ": " + error.message());
  if (with_images.empty())
    throw Error("neither " + folder.string() +
                " nor a folder below it holds an image, expected files that end in " + kEndingsText);
  if (!annotations.empty())
    observer.info("passed over as truth and results of the Cell Tracking Challenge: " + annotations);
  std::vector<fs::path> folders(with_images.begin(), with_images.end());
  std::sort(folders.begin(), folders.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
  return folders;
}

/// The names on the lines of a text file.
std::vector<fs::path> names_in_list(const fs::path& list) {
  std::ifstream file(list);
  std::vector<fs::path> names;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const fs::path from_here(line), from_list = list.parent_path() / line;
    std::error_code error;
    names.push_back(!fs::exists(from_here, error) && fs::exists(from_list, error) ? from_list : from_here);
  }
  if (names.empty()) throw Error(list.string() + " names no image, expected a name on each line");
  return names;
}

/// What a name with wildcards stands for, in natural order.
std::vector<fs::path> names_that_match(const fs::path& pattern) {
  glob_t found{};
  const int outcome = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + (outcome == 0 ? found.gl_pathc : 0));
  ::globfree(&found);
  if (names.empty()) throw Error("nothing is called " + pattern.string() + "; check the spelling");
  std::sort(names.begin(), names.end(), natural_less);
  return {names.begin(), names.end()};
}

/// Lists and wildcards replaced by what they stand for.
std::vector<fs::path> named_by(const std::vector<fs::path>& inputs) {
  std::vector<fs::path> names;
  for (const auto& input : inputs) {
    std::error_code error;
    const bool exists = fs::exists(input, error) || is_broken_link(input);
    std::vector<fs::path> meant = {input};
    if (exists && lower_extension(input) == ".txt" && fs::is_regular_file(input, error))
      meant = names_in_list(input);
    else if (!exists && input.string().find_first_of("*?[") != std::string::npos)
      meant = names_that_match(input);
    names.insert(names.end(), meant.begin(), meant.end());
  }
  return names;
}

std::vector<fs::path> files_of_input(const fs::path& input, Wanted wanted, Folders folders,
                                     Observer& observer) {
  std::error_code error;
  const fs::file_status status = fs::status(input, error);
  if (!fs::exists(status) && !is_broken_link(input)) {
    throw Error(input.string() +
                " does not exist, expected an image file or a folder of images; check the spelling");
  }
  if (is_zarr(input)) return images_of_zarr(input);
  if (fs::is_directory(status) && folders == Folders::kThemselves)
    return images_in_folder(input, wanted, observer);
  if (fs::is_directory(status)) {
    std::vector<fs::path> files;
    for (const auto& folder : folders_below(input, observer)) {
      const auto here = images_in_folder(folder, wanted, observer);
      files.insert(files.end(), here.begin(), here.end());
    }
    return files;
  }
  if (!has_image_ending(input)) {
    throw Error(input.string() + " is no image by its name, expected a file that ends in " + kEndingsText +
                "; export the image as TIFF");
  }
  return {input};
}

std::vector<fs::path> list_files(const std::vector<fs::path>& inputs, Wanted wanted, Folders folders,
                                 Observer& observer) {
  if (inputs.empty()) throw Error("found no input, expected image files or folders of images");
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  for (const fs::path& input : named_by(inputs)) {
    for (const fs::path& file : files_of_input(input, wanted, folders, observer)) {
      std::error_code error;  // a link that leads to itself
      const fs::path canonical = fs::weakly_canonical(file, error);
      if (seen.insert(error ? fs::absolute(file) : canonical).second) files.push_back(file);
    }
  }
  warn_of_broken_links(files, observer);
  return files;
}

fs::path folder_of(const fs::path& image) { return fs::absolute(image).lexically_normal().parent_path(); }

/// The names of the last folders, and the stem, with _ between.
std::string stem_behind_folders(const fs::path& image, int folders) {
  std::string stem = image_stem(image);
  fs::path folder = folder_of(image);
  for (int i = 0; i < folders && folder.has_filename(); ++i, folder = folder.parent_path())
    stem = folder.filename().string() + "_" + stem;
  return stem;
}

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i;
      ++j;
      continue;
    }
    // Without leading zeros the longer number is the larger one, so that no number is too long to compare.
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    size_t end_a = i;
    size_t end_b = j;
    while (end_a < a.size() && is_digit(a[end_a])) ++end_a;
    while (end_b < b.size() && is_digit(b[end_b])) ++end_b;
    if (end_a - i != end_b - j) return end_a - i < end_b - j;
    const int order = a.compare(i, end_a - i, b, j, end_b - j);
    if (order != 0) return order < 0;
    i = end_a;
    j = end_b;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;  // "t01" and "t1": any fixed order
}

std::vector<fs::path> list_images(const std::vector<fs::path>& inputs, Observer& observer, Folders folders) {
  return list_files(inputs, Wanted::kImages, folders, observer);
}

std::vector<fs::path> list_label_maps(const std::vector<fs::path>& inputs, Observer& observer) {
  return list_files(inputs, Wanted::kLabelMaps, Folders::kThemselves, observer);
}

std::vector<std::string> output_stems(const std::vector<fs::path>& images) {
  constexpr int kMostFolders = 16;
  std::vector<std::string> stems;
  for (const auto& image : images) stems.push_back(image_stem(image));
  for (int folders = 1;; ++folders) {
    std::map<std::string, std::vector<size_t>> images_of_stem;
    for (size_t i = 0; i < stems.size(); ++i) images_of_stem[stems[i]].push_back(i);
    bool all_differ = true;
    for (const auto& [stem, same] : images_of_stem) {
      if (same.size() == 1) continue;
      all_differ = false;
      const bool share_folder = folder_of(images[same[0]]) == folder_of(images[same[1]]);
      if (share_folder || folders > kMostFolders) {
        throw Error(images[same[0]].string() + " and " + images[same[1]].string() +
                    " would both write results named '" + stem +
                    "', expected different file names; rename one or process them one after the other");
      }
      for (const size_t image : same) stems[image] = stem_behind_folders(images[image], folders);
    }
    if (all_differ) return stems;
  }
}

std::vector<size_t> spread_indices(size_t count, int64_t most) {
  const auto chosen = std::min(count, static_cast<size_t>(std::max<int64_t>(1, most)));
  std::vector<size_t> indices;
  for (size_t i = 0; i < chosen; ++i) indices.push_back(i * count / chosen);
  return indices;
}

}  // namespace priorseg
