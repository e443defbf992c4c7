#pragma once

#include <filesystem>

namespace priorseg {

enum class FileKind { kTiff, kPng, kJpeg, kBmp, kZarr, kSlide };

/// Judges by the first bytes: names often lie. A folder is a Zarr store where it holds the metadata of one.
/// What a slide scanner wrote goes by its name, since most of these files are TIFFs of their own kind.
/// @throws Error where the file cannot be read or is no image.
FileKind kind_of_file(const std::filesystem::path& path);

}  // namespace priorseg
