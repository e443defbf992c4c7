#pragma once

#include <filesystem>
#include <string>

namespace priorseg {

/// The file name without its ending: start of the names of an image's results, and what images and label maps
/// pair by. ".ome.tif", ".ome.tiff" and ".ome.zarr" are one ending.
std::string image_stem(const std::filesystem::path& path);

/// A stem without the ending that tools give to label maps (_cp_masks, _masks, _mask, _labels, _label; small
/// or capital letters), or as it is where it has none of them.
std::string without_label_ending(const std::string& stem);

/// The digits that a stem ends in, as those of the frames of a sequence do: "012" of "t012". Empty where it
/// ends in none.
std::string frame_digits(const std::string& stem);

/// The ending of a file name in small letters, ".tif".
std::string lower_extension(const std::filesystem::path& path);

}  // namespace priorseg
