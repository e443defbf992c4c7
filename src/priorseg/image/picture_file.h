#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "priorseg/image/image.h"

namespace priorseg {

/// The first bytes of such files.
inline constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n"};
inline constexpr std::string_view kJpegSignature{"\xff\xd8\xff"};
inline constexpr std::string_view kBmpSignature{"BM"};

/// @throws Error: the file cannot be read, and why.
[[noreturn]] void fail_reading(const std::filesystem::path& path, const std::string& why);

/// The PNG, JPEG and BMP part of read_image. Checks that the file is whole before it is decoded: the decoders
/// fill what is missing with grey, or print.
/// @throws Error naming the file where it is damaged, cut short or of an unusual kind.
Image read_picture(const std::filesystem::path& path);

}  // namespace priorseg
