#pragma once

#include <cstdint>
#include <string>

#include "priorseg/image/image_structure.h"

namespace priorseg {

/// What ImageJ writes into the description of a TIFF.
struct ImageJDescription {
  int64_t images = 1;  ///< planes that the file holds; there may be one page for all of them
  ImageStructure
      structure;  ///< axes; planes follow each other channel by channel, slice by slice, frame by frame
};

/// True where an image description is ImageJ's.
bool is_imagej_description(const std::string& text);

/// @throws Error where it states sizes that no file has.
ImageJDescription parse_imagej_description(const std::string& text);

}  // namespace priorseg
