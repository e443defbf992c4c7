#pragma once

#include <filesystem>
#include <string_view>

#include "priorseg/image/image.h"

namespace priorseg {

/// The first bytes of such files.
inline constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n"};
inline constexpr std::string_view kJpegSignature{"\xff\xd8\xff"};
inline constexpr std::string_view kBmpSignature{"BM"};

/// The PNG, JPEG and BMP part of read_image.
/// @throws Error naming the file where it is damaged, cut short or of an unusual kind.
Image read_picture(const std::filesystem::path& path);

}  // namespace priorseg
