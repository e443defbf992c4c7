#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "priorseg/image/picture.h"

namespace priorseg {

/// Decodes a PNG. Grey of 1, 2 and 4 bits keeps its values, a palette becomes colours, transparency is
/// dropped. No gamma or colour profile is applied.
/// @throws Error naming the file where any part of it up to its end mark is damaged or missing.
Picture decode_png(const std::filesystem::path& path, std::string_view bytes);

/// Encodes 8-bit RGB rows with little effort to make the file small. Empty where libpng refuses the size.
std::string encode_rgb_png(const uint8_t* rgb, int64_t height, int64_t width);

/// The same of 8-bit grey rows.
std::string encode_grey_png(const uint8_t* grey, int64_t height, int64_t width);

/// Encodes 16-bit grey rows; the text "Software" of the file names this program and its version. Empty where
/// libpng refuses the size.
std::string encode_grey_png(const uint16_t* grey, int64_t height, int64_t width);

}  // namespace priorseg
