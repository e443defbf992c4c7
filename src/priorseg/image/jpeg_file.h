#pragma once

#include <filesystem>
#include <string_view>

#include "priorseg/image/picture.h"

namespace priorseg {

/// Decodes a JPEG to grey or RGB; the inks of a printer's JPEG (CMYK) become RGB. Pixels stay as they are
/// stored: a rotation that Exif asks for is not applied.
/// @throws Error naming the file where it is damaged, or lacks its end.
Picture decode_jpeg(const std::filesystem::path& path, std::string_view bytes);

}  // namespace priorseg
