#pragma once

#include <span>
#include <string_view>

namespace priorseg {

/// A file of the page.
struct StudioAsset {
  std::string_view path;  ///< "index.html", "assets/index.js"
  std::string_view content;
};

/// The files that web/ is built to. The source of this function is made by web/embed.mjs.
std::span<const StudioAsset> studio_assets();

/// What a browser is to take a file for, by its ending.
std::string_view media_type_of(std::string_view path);

}  // namespace priorseg
