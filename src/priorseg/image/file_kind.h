#pragma once

#include <filesystem>

namespace priorseg {

enum class FileKind { kTiff, kPng, kJpeg, kBmp };

/// Judges by the first bytes: names often lie.
/// @throws Error where the file cannot be read or is no image.
FileKind kind_of_file(const std::filesystem::path& path);

}  // namespace priorseg
