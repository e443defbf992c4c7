#include "priorseg/image/tiff_stack.h"

#include <tiffio.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/image/picture.h"
#include "priorseg/image/tiff_levels.h"

namespace priorseg {
namespace {

PixelSize pixel_size_of(const TiffHandle& file, const TiffLayout& layout) {
  PixelSize size;
  if (layout.um_x > 0 && layout.um_y > 0) {
    constexpr double kUmPerCentimetre = 10000;
    size.x_resolution = kUmPerCentimetre / layout.um_x;
    size.y_resolution = kUmPerCentimetre / layout.um_y;
    size.resolution_unit = RESUNIT_CENTIMETER;
    return size;
  }
  float x = 0, y = 0;
  uint16_t unit = RESUNIT_INCH;  // the standard's default
  if (TIFFGetField(file.get(), TIFFTAG_XRESOLUTION, &x) && std::isfinite(x)) size.x_resolution = x;
  if (TIFFGetField(file.get(), TIFFTAG_YRESOLUTION, &y) && std::isfinite(y)) size.y_resolution = y;
  if (size.x_resolution > 0 || size.y_resolution > 0) {
    TIFFGetFieldDefaulted(file.get(), TIFFTAG_RESOLUTIONUNIT, &unit);
    size.resolution_unit = unit;
  }
  size.description = layout.page.description;
  return size;
}

}  // namespace

TiffStack::TiffStack(const std::filesystem::path& path, const std::string& axes, const ImageLevel& level)
    : layout_(read_tiff_layout(path, axes)) {
  const auto present = std::find_if(layout_.planes.begin(), layout_.planes.end(),
                                    [](const PlaneSource& plane) { return plane.page >= 0; });
  if (present == layout_.planes.end()) fail_reading(path, "none of its planes is there");
  const TiffPage& page = layout_.page;
  info_.height = page.height;
  info_.width = page.width;
  info_.bit_depth = page.bits <= 8 ? 8 : page.bits <= 16 ? 16 : 32;
  info_.quantum = page.is_float() ? 0 : 1;
  pages_of_file_.emplace(0, std::move(layout_.pages));
  auto& reader = reader_of(*present);
  info_.pixel_size = pixel_size_of(reader.file(), layout_);
  info_.channels = layout_.structure.colour ? 3 : 1;
  if (level.number > 0 || level.um_per_pixel > 0) take_level(*present, level);
  if (!layout_.shows_palette) return;
  info_.bit_depth = 8;
  info_.channels = reader_->expand_palette(torch::zeros({1, 1, 1})).size(0);
  layout_.structure.colour = info_.channels == 3;
}

void TiffStack::take_level(const PlaneSource& source, const ImageLevel& level) {
  const auto& path = layout_.files[source.file];
  const auto& pages = pages_of_file_.at(source.file);
  const auto levels = levels_of_page(path, pages, pages.pages[static_cast<size_t>(source.page)]);
  const double um = info_.pixel_size.um_per_pixel_x();
  std::vector<LevelSize> sizes;
  for (const auto& one : levels)
    sizes.push_back({one.height, one.width, um * layout_.page.width / one.width});
  try {
    level_ = choose_level(sizes, level);
  } catch (const Error& error) {
    fail_reading(path, error.what());
  }
  const auto& chosen = levels[static_cast<size_t>(level_)];
  info_.pixel_size.x_resolution *= static_cast<double>(chosen.width) / info_.width;
  info_.pixel_size.y_resolution *= static_cast<double>(chosen.height) / info_.height;
  info_.height = chosen.height;
  info_.width = chosen.width;
  source_.reset();
  reader_of(source);
}

uint64_t TiffStack::directory_of_level(const std::filesystem::path& path, const TiffPages& pages,
                                       const TiffPage& page) const {
  const auto levels = levels_of_page(path, pages, page);
  if (level_ >= std::ssize(levels))
    fail_reading(path, "one of its planes lacks level " + std::to_string(level_));
  const TiffPage& level = levels[static_cast<size_t>(level_)];
  if (level.width != info_.width || level.height != info_.height)
    fail_reading(path, "level " + std::to_string(level_) + " of its planes differs in size");
  return level.directory;
}

TiffPageReader& TiffStack::reader_of(const PlaneSource& source) {
  if (source_ && source_->file == source.file && source_->page == source.page &&
      source_->stacked == source.stacked)
    return *reader_;
  const auto& path = layout_.files[source.file];
  if (!pages_of_file_.contains(source.file)) {
    pages_of_file_.clear();
    pages_of_file_.emplace(source.file, list_tiff_pages(path));
  }
  const auto& pages = pages_of_file_.at(source.file).pages;
  if (source.page >= std::ssize(pages))
    fail_reading(path, "page " + std::to_string(source.page + 1) + " is not there");
  const TiffPage& page = pages[static_cast<size_t>(source.page)];
  if (page.width != layout_.page.width || page.height != layout_.page.height ||
      page.channels != layout_.page.channels)
    fail_reading(path, "page " + std::to_string(source.page + 1) + " has another size than the others");
  source_.reset();
  const auto directory =
      level_ == 0 ? page.directory : directory_of_level(path, pages_of_file_.at(source.file), page);
  reader_ = std::make_unique<TiffPageReader>(path, directory, source.stacked);
  source_ = source;
  return *reader_;
}

torch::Tensor TiffStack::read(const PlanePosition& position, int64_t colour, const PixelRegion& region) {
  const auto rows = read_rows(position, colour, region.y, region.y + region.height);
  return region.width == info_.width ? rows : rows.narrow(2, region.x, region.width).contiguous();
}

/// [C,last-first,W] float32.
torch::Tensor TiffStack::read_rows(const PlanePosition& position, int64_t colour, int64_t first,
                                   int64_t last) {
  const auto& structure = layout_.structure;
  const int64_t page_channels = structure.colour ? structure.channels : structure.channels / layout_.samples;
  const int64_t page_channel = position.channel / layout_.samples;
  const auto place = static_cast<size_t>(
      (position.frame * structure.slices + position.slice) * page_channels + page_channel);
  const PlaneSource& source = layout_.planes.at(place);
  if (source.page < 0)
    fail_reading(layout_.files.front(), "the plane of frame " + std::to_string(position.frame + 1) +
                                            ", slice " + std::to_string(position.slice + 1) + ", channel " +
                                            structure.channel_name(position.channel) + " is not there");
  auto& reader = reader_of(source);
  if (layout_.shows_palette) {
    const auto colours = reader.expand_palette(reader.read_pixels(first, last, {0, 1}));
    return colour >= 0 && colours.size(0) == 3 ? colours.narrow(0, colour, 1) : colours;
  }
  if (structure.colour)
    return reader.read_pixels(first, last, colour >= 0 ? SampleRange{colour, 1} : SampleRange{0, 3});
  return reader.read_pixels(first, last, {source.sample + position.channel % layout_.samples, 1});
}

std::vector<torch::Tensor> read_tiff_labels(const std::filesystem::path& path) {
  const auto layout = read_tiff_layout(path, "");
  if (layout.page.channels != 1 || layout.structure.channels != 1)
    fail_reading(path, std::to_string(std::max(layout.page.channels, layout.structure.channels)) +
                           " channels; a label map has one, with 0 for background");
  const auto& pages = layout.pages.pages;
  std::vector<torch::Tensor> maps;
  for (const PlaneSource& source : layout.planes) {
    if (source.file > 0 || source.page < 0) fail_reading(path, "some of its planes lie in other files");
    TiffPageReader reader(path, pages.at(static_cast<size_t>(source.page)).directory, source.stacked);
    maps.push_back(reader.read_labels(0, layout.page.height));
  }
  return maps;
}

}  // namespace priorseg
