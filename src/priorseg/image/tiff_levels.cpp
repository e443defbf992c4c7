#include "priorseg/image/tiff_levels.h"

#include <tiffio.h>

#include <algorithm>
#include <cmath>

#include "priorseg/image/tiff_handle.h"

namespace priorseg {
namespace {

bool is_smaller_copy(const TiffPage& page, const TiffPage& full) {
  if (page.width >= full.width || page.width == 0 || page.samples != full.samples || page.bits != full.bits ||
      page.format != full.format)
    return false;
  const double scale = static_cast<double>(full.width) / page.width;
  constexpr double kRounding = 1.5;  // px of the smaller one: some writers round, others cut
  return std::abs(full.height / scale - page.height) <= kRounding;
}

}  // namespace

std::vector<TiffPage> levels_of_page(const std::filesystem::path& path, const TiffPages& pages,
                                     const TiffPage& page) {
  std::vector<TiffPage> levels;
  if (page.sub_directories.empty()) {
    std::copy_if(pages.pages.begin(), pages.pages.end(), std::back_inserter(levels),
                 [&](const TiffPage& other) { return is_smaller_copy(other, page); });
  } else {
    const TiffHandle file(path, "rm", path);
    for (const uint64_t place : page.sub_directories) {
      if (!TIFFSetSubDirectory(file.get(), place)) file.fail("a level of its pyramid cannot be read");
      const auto level = read_page_tags(file);
      if (is_smaller_copy(level, page)) levels.push_back(level);
    }
  }
  std::stable_sort(levels.begin(), levels.end(),
                   [](const TiffPage& a, const TiffPage& b) { return a.width > b.width; });
  levels.erase(std::unique(levels.begin(), levels.end(),
                           [](const TiffPage& a, const TiffPage& b) { return a.width == b.width; }),
               levels.end());
  levels.insert(levels.begin(), page);
  return levels;
}

}  // namespace priorseg
