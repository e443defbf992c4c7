#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/image/image.h"
#include "priorseg/image/image_structure.h"
#include "priorseg/image/tiff_page.h"

namespace priorseg {

/// Where one plane of pages lies.
struct PlaneSource {
  size_t file = 0;      ///< of TiffLayout::files
  int64_t page = 0;     ///< of the file's main chain, from 0; -1: it is missing
  int64_t stacked = 0;  ///< of the planes that the page stands for
  int64_t sample = 0;   ///< the first one of a pixel that is meant
};

/// Which pages of a TIFF (or several that belong together) make up its image, and what they mean.
///
/// By whom: `axes` if given, else OME-XML, ImageJ's description, the shape that tifffile writes, MetaMorph's
/// count; else pages are taken for frames, which is remarked. Thumbnails, reduced forms and masks are no
/// planes; of pages of several sizes the largest are the image. Levels of a pyramid in sub-directories are
/// not looked at.
struct TiffLayout {
  ImageStructure structure;  ///< with what was guessed or left out
  std::vector<std::filesystem::path> files;
  TiffPages pages;             ///< of the first file
  TiffPage page;               ///< what all planes are like
  int64_t samples = 1;         ///< of a pixel that are channels of the image; 1 where they are colours
  bool shows_palette = false;  ///< values are indices of colours, and not intensities with a display table
  std::vector<PlaneSource> planes;  ///< (frame * slices + slice) * (channels / samples) + channel / samples
  double um_x = 0, um_y = 0;        ///< that OME-XML states, 0 = none
};

/// @param axes  that the user says (parse_axes); empty: as the file says.
/// @throws Error naming the file where it cannot be read or `axes` do not fit.
TiffLayout read_tiff_layout(const std::filesystem::path& path, const std::string& axes);

}  // namespace priorseg
