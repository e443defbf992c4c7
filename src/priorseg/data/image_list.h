#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"

namespace priorseg {

/// Whether a folder stands for the images in it alone, or for those in folders below it, too.
enum class Folders { kThemselves, kWithThoseBelow };

/// The image files that a user names. A file stands for itself; a folder stands for the images directly in
/// it, in natural order ("t9" before "t10"); a name with *, ? or [ that is no file for all that match it; a
/// text file (.txt) for the names on its lines, from the current folder or else from its own. The order of
/// `inputs` is kept; a file that is named twice counts once.
///
/// Images are files that end in tif, tiff, png, jpg, jpeg or bmp (small or capital letters) or as whole
/// slides do (is_slide), and folders that are Zarr stores; in a folder these end in zarr. A store that is a
/// plate stands for its fields. Other files of a folder and hidden ones (".name") are left out without a
/// word. The observer is told
/// - of what lies beside an image of the same folder, by its name: its label map (a_masks.tif, a_cp_masks.png
///   or a_labels.tif beside a.tif) or its thumbnail (a_thumb.tif). Such files are left out of a folder, and
///   taken where they are named themselves;
/// - of links to files that are not there. They are listed like images, so that reading them fails.
///
/// @throws Error where `inputs` is empty, a path does not exist, a named file is no image by its ending, or a
/// folder holds no image.
/// @param folders  whether images in folders below a folder count, too. Hidden folders, __MACOSX, and the
/// truth and
///                 results of the Cell Tracking Challenge (01_GT, 01_ST, 01_RES) are passed over, the last
///                 told.
std::vector<std::filesystem::path> list_images(const std::vector<std::filesystem::path>& inputs,
                                               Observer& observer = nobody(),
                                               Folders folders = Folders::kThemselves);

/// The label maps that a user names, in the same way. In a folder where label maps lie beside their images
/// the label maps are taken, and the images left out.
std::vector<std::filesystem::path> list_label_maps(const std::vector<std::filesystem::path>& inputs,
                                                   Observer& observer = nobody());

/// The start of the names of each image's results: image_stem(), behind the names of as many of its folders
/// as it takes to tell it from others of the same name ("well1_image", "well2_image").
///
/// @throws Error naming both files where two images would share their results' names all the same.
std::vector<std::string> output_stems(const std::vector<std::filesystem::path>& images);

/// Indices of at most `most` of `count` images, evenly spread, the first always among them. @param most >= 1.
std::vector<size_t> spread_indices(size_t count, int64_t most);

/// At most `most` of `images`, evenly spread: frames of a film change along the list. @param most >= 1.
template <class AnyImage>
std::vector<AnyImage> spread_images(const std::vector<AnyImage>& images, int64_t most) {
  std::vector<AnyImage> chosen;
  for (const size_t index : spread_indices(images.size(), most)) chosen.push_back(images[index]);
  return chosen;
}

/// True if `a` comes before `b` where runs of digits count as numbers.
bool natural_less(const std::string& a, const std::string& b);

}  // namespace priorseg
