#pragma once

#include <filesystem>
#include <vector>

#include "priorseg/image/tiff_page.h"

namespace priorseg {

/// The levels of the pyramid that a page is the full picture of, by size: the page, then those in its
/// sub-directories (OME-TIFF), or else the pages of the main chain that are smaller copies of it by their
/// sides (libvips and other tiled pyramids).
std::vector<TiffPage> levels_of_page(const std::filesystem::path& path, const TiffPages& pages,
                                     const TiffPage& page);

}  // namespace priorseg
