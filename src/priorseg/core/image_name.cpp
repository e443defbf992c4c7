#include "priorseg/core/image_name.h"

#include <algorithm>
#include <cctype>

namespace priorseg {
namespace {

std::string in_small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string lower_extension(const std::filesystem::path& path) {
  return in_small_letters(path.extension().string());
}

std::string image_stem(const std::filesystem::path& path) {
  const std::string ending = lower_extension(path);
  const bool may_be_ome = ending == ".tif" || ending == ".tiff" || ending == ".zarr";
  const std::filesystem::path stem = path.stem();
  return may_be_ome && lower_extension(stem) == ".ome" ? stem.stem().string() : stem.string();
}

std::string without_label_ending(const std::string& stem) {
  const std::string small = in_small_letters(stem);
  for (const std::string ending : {"_cp_masks", "_masks", "_mask", "_labels", "_label"}) {
    if (small.size() > ending.size() && small.ends_with(ending))
      return stem.substr(0, stem.size() - ending.size());
  }
  return stem;
}

std::string frame_digits(const std::string& stem) {
  size_t first = stem.size();
  while (first > 0 && std::isdigit(static_cast<unsigned char>(stem[first - 1])) != 0) --first;
  return stem.substr(first);
}

}  // namespace priorseg
