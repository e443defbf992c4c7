#pragma once

#include <filesystem>
#include <string_view>

#include "priorseg/image/picture.h"

namespace priorseg {

/// Decodes an uncompressed BMP of 1, 4, 8, 16, 24 or 32 bits a pixel. Grey where it has a palette of greys
/// only, else RGB; transparency is dropped. Written here because the decoders at hand change pixels: labels
/// of a grey palette would come as colours, and 5-bit colours stretched.
/// @throws Error naming the file where it is damaged, cut short or of another kind.
Picture decode_bmp(const std::filesystem::path& path, std::string_view bytes);

}  // namespace priorseg
