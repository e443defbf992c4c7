#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace priorseg {

/// Whether a file was written by priorseg, as far as its content tells. Earlier versions kept no list of what
/// they wrote.
///
/// @param path  relative to `folder`: a name of an output folder's file, such as model.safetensors.
bool is_own_by_content(const std::filesystem::path& folder, const std::filesystem::path& path);

/// Whether a .safetensors file holds a prior, a model or a checkpoint of priorseg, whatever their version.
bool is_own_tensor_file(const std::filesystem::path& path);

/// What an output folder of an earlier version holds.
struct EarlierResults {
  std::vector<std::filesystem::path> files;  ///< relative to the folder
  std::vector<std::string> stems;            ///< of images with a label map
};

/// Finds what an earlier version wrote into `folder`. Label maps and overlays count only beside a table or a
/// report of priorseg: a label map if its image has rows in that table or an overlay.
EarlierResults find_earlier_results(const std::filesystem::path& folder);

}  // namespace priorseg
