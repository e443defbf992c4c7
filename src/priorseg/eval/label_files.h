#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace priorseg {

/// A true and a predicted label map of one image.
struct LabelFilePair {
  std::string name;  ///< the truth's file name without extension
  std::filesystem::path predicted;
  std::filesystem::path truth;
};

struct LabelFilePairing {
  std::vector<LabelFilePair> pairs;             ///< sorted by name, never empty
  std::vector<std::filesystem::path> unpaired;  ///< predictions without truth, sorted
};

/// Finds the label maps that belong together.
///
/// Two files are one pair, whatever their names. In a folder every TIFF and PNG file counts; with TIFF and
/// PNG of the same name the TIFF. A folder of predictions that has a folder labels/ in it means that one, a
/// folder of truth without label maps of its own its labels/ or SEG/. Files pair by their name without
/// extension (.ome.tif is one), else without one of the endings _cp_masks, _masks, _mask, _labels, _label,
/// else by the frame number of the Cell Tracking Challenge (truth man_seg075.tif or man_seg_075.tif,
/// prediction t075.tif or mask075.tif, whatever the number of digits).
///
/// @throws Error where a path does not exist, a folder holds no label maps, two files claim the same name or
/// number, or a
///               truth has no prediction (the first few are named).
LabelFilePairing pair_label_files(const std::filesystem::path& predicted, const std::filesystem::path& truth);

/// An image with its label map.
struct AnnotatedFile {
  std::string name;  ///< the label map's file name without extension
  std::filesystem::path image;
  std::filesystem::path labels;
};

/// Finds the image of each label map, by the names that pair_label_files goes by. One image and one label map
/// are a pair whatever their names. Images without label map are left out.
///
/// @return  sorted by name.
/// @throws Error where a label map has no image (the first few are named), or two files claim the same name.
std::vector<AnnotatedFile> pair_images_with_labels(const std::vector<std::filesystem::path>& images,
                                                   const std::vector<std::filesystem::path>& label_maps);

/// The images whose label map is there beyond doubt: by name, even where there is one of each. Label maps
/// without image, images without label map and images that several label maps claim are left out.
///
/// @return  sorted by image.
/// @throws Error where two images claim the same name.
std::vector<AnnotatedFile> find_annotated_images(const std::vector<std::filesystem::path>& images,
                                                 const std::vector<std::filesystem::path>& label_maps);

}  // namespace priorseg
