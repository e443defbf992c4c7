#pragma once

#include <cstdint>
#include <string>

#include "priorseg/image/image_structure.h"

namespace priorseg {

/// What a file holds of which somebody says the axes.
struct PlanesOfFile {
  int64_t pages = 1;    ///< like each other
  int64_t samples = 1;  ///< of a pixel
};

/// ImageStructure::source where axes are said by the user.
inline constexpr const char* kSaidByUser = "--axes";

/// The meaning of pages and samples by axes such as "ZYX", "T10C2YX" or "YXS": slowest first, letters T, Z
/// and C before YX for the pages, S (the colours of a pixel) or C (channels) for the samples; a number behind
/// a letter is its length, and one of the letters may do without.
struct NamedAxes {
  ImageStructure structure;  ///< channels: those of pages, where samples are not meant
  std::string order;         ///< letters of the pages, slowest first
  bool samples_are_colours = false;
};

/// @throws Error where the text is no such axes, or does not fit what the file holds.
NamedAxes parse_axes(const std::string& text, const PlanesOfFile& planes);

/// @throws Error where no file could have such axes.
void check_axes(const std::string& text);

}  // namespace priorseg
