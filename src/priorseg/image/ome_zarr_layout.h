#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/image/image_structure.h"

namespace priorseg {

/// One level of a pyramid in an OME-Zarr store.
struct OmeZarrLevel {
  std::filesystem::path array;  ///< its folder
  double um_x = 0, um_y = 0;    ///< of its pixels, 0 = not known
};

/// What an OME-Zarr store (0.1 to 0.5, Zarr 2 or 3) says of its image.
struct OmeZarrLayout {
  std::vector<OmeZarrLevel> levels;  ///< the full picture first
  std::string axes;                  ///< of the arrays, a letter each of TCZYX; S: colours
  ImageStructure structure;          ///< without lengths, which are those of the arrays
};

/// The multiscale image of a group, or the array that the folder itself is. Of a store of several images
/// (bioformats2raw) the first, which is remarked.
/// @param axes  that the user says: a letter of TCZYXS for each dimension; empty: as the store says.
/// @throws Error where there is no image, or its axes are not known.
OmeZarrLayout read_ome_zarr_layout(const std::filesystem::path& store, const std::string& axes);

/// The images inside a store: the fields of a plate, or the store itself.
/// @throws Error where it is damaged.
std::vector<std::filesystem::path> images_of_zarr(const std::filesystem::path& store);

}  // namespace priorseg
