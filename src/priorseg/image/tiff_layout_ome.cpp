#include "priorseg/image/tiff_layout_ome.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "priorseg/core/error.h"
#include "priorseg/image/ome_xml.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

/// The same description, or that of the file that this one points to.
OmeDescription whole_description(const fs::path& path, const TiffPage& first) {
  auto description = parse_ome_xml(first.description, first.channels);
  if (description.metadata_file.empty() || !description.images.empty()) return description;
  const fs::path companion = path.parent_path() / fs::path(description.metadata_file).filename();
  std::ifstream file(companion, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty())
    throw Error("its OME-XML lies in " + companion.filename().string() + ", which is not beside it");
  if (is_ome_xml(text.str())) return parse_ome_xml(text.str(), first.channels);
  return parse_ome_xml(list_tiff_pages(companion).pages.front().description, first.channels);
}

/// Numbers of the files that planes name; 0 is the file itself.
class OmeFiles {
 public:
  explicit OmeFiles(const fs::path& path) : folder_(path.parent_path()), files_{path} {
    number_of_[path.filename().string()] = 0;
  }

  /// @return -1: it is not there.
  int64_t number_of(const std::string& name) {
    if (name.empty()) return 0;
    const fs::path only_name = fs::path(name).filename();  // the text leads nowhere else
    const auto [known, is_new] = number_of_.emplace(only_name.string(), -1);
    std::error_code error;
    if (is_new && fs::is_regular_file(folder_ / only_name, error)) {
      known->second = std::ssize(files_);
      files_.push_back(folder_ / only_name);
    }
    return known->second;
  }
  const std::vector<fs::path>& files() const { return files_; }

 private:
  fs::path folder_;
  std::vector<fs::path> files_;
  std::map<std::string, int64_t> number_of_;
};

/// A file that was given another name still holds what its text calls by the old one.
std::string own_old_name(const OmeImage& image, OmeFiles& files) {
  std::string only;
  for (const auto& plane : image.planes) {
    if (plane.page < 0) continue;
    if (!only.empty() && plane.file != only) return {};
    only = plane.file;
  }
  return files.number_of(only) < 0 ? only : std::string();
}

const OmeImage& largest_image(const OmeDescription& description) {
  return *std::max_element(
      description.images.begin(), description.images.end(),
      [](const auto& a, const auto& b) { return a.width * a.height < b.width * b.height; });
}

/// @return how many planes are not there.
int64_t place_ome_planes(const OmeImage& image, const TiffPages& found, OmeFiles& files, TiffLayout& layout) {
  const std::string old_name = own_old_name(image, files);
  int64_t missing = 0;
  layout.planes.clear();
  for (const auto& plane : image.planes) {
    const int64_t file = !old_name.empty() && plane.file == old_name ? 0 : files.number_of(plane.file);
    const bool is_there = plane.page >= 0 && file >= 0 && (file > 0 || plane.page < std::ssize(found.pages));
    layout.planes.push_back({static_cast<size_t>(std::max<int64_t>(file, 0)), is_there ? plane.page : -1, 0});
    missing += is_there ? 0 : 1;
  }
  layout.files = files.files();
  return missing;
}

}  // namespace

bool lay_out_ome(TiffLayout& layout, const TiffPages& found) {
  const TiffPage& first = found.pages.front();
  if (!is_ome_xml(first.description)) return false;
  auto& remarks = layout.structure.remarks;
  OmeDescription description;
  try {
    description = whole_description(layout.files.front(), first);
  } catch (const Error& error) {
    remarks.push_back(std::string(error.what()) + "; the tags are followed instead");
    return false;
  }
  if (description.images.empty()) return false;
  const OmeImage& image = largest_image(description);
  const std::vector<fs::path> own_file = layout.files;
  OmeFiles files(own_file.front());
  const int64_t missing = place_ome_planes(image, found, files, layout);
  const auto main = std::find_if(layout.planes.begin(), layout.planes.end(),
                                 [](const auto& plane) { return plane.page >= 0 && plane.file == 0; });
  const bool is_here = main != layout.planes.end();
  const TiffPage page = is_here ? found.pages[static_cast<size_t>(main->page)] : layout.page;
  const bool fits = page.width == image.width && page.height == image.height;
  if (!fits || (missing > 0 && files.files().size() == 1)) {
    remarks.push_back(!fits ? "its OME-XML speaks of " + std::to_string(image.width) + " x " +
                                  std::to_string(image.height) +
                                  " px, which its pages do not have; the tags are "
                                  "followed instead"
                            : std::to_string(missing) + " of the " + std::to_string(image.planes.size()) +
                                  " planes of its OME-XML are not there; the tags are followed instead");
    layout.files = own_file;
    return false;
  }
  if (missing > 0)
    remarks.push_back(std::to_string(missing) + " of the " + std::to_string(image.planes.size()) +
                      " planes of its OME-XML are not there; is a file of the set missing?");
  if (description.images.size() > 1)
    remarks.push_back(
        "it holds " + std::to_string(description.images.size()) +
        " images (positions or overviews), and the first of the largest is taken; save the others as "
        "files of their own");
  auto kept = std::move(remarks);
  layout.structure = image.structure;
  layout.structure.remarks = std::move(kept);
  layout.um_x = image.um_x;
  layout.um_y = image.um_y;
  const std::string text = std::move(layout.page.description);
  layout.page = page;
  layout.page.description = text;
  if (layout.page.has_palette()) layout.page.has_colours = false;
  layout.samples = layout.page.has_colours ? 1 : layout.page.channels;
  return true;
}

}  // namespace priorseg
