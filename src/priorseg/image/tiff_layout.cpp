#include "priorseg/image/tiff_layout.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/image/axes_text.h"
#include "priorseg/image/imagej_description.h"
#include "priorseg/image/ome_xml.h"
#include "priorseg/image/picture.h"
#include "priorseg/image/tiff_layout_ome.h"

namespace priorseg {
namespace {

std::string size_of_page(const TiffPage& page) {
  return std::to_string(page.width) + " x " + std::to_string(page.height);
}

/// The pages that are the image, by their number.
std::vector<int64_t> main_pages(const std::vector<TiffPage>& pages) {
  const TiffPage* best = nullptr;
  const auto area = [](const TiffPage& page) { return uint64_t{page.width} * page.height; };
  for (const auto& page : pages)
    if (!page.is_reduced && (!best || area(page) > area(*best))) best = &page;
  if (!best) best = &pages.front();
  std::vector<int64_t> main;
  for (size_t i = 0; i < pages.size(); ++i)
    if (pages[i].is_like(*best) && pages[i].is_reduced == best->is_reduced)
      main.push_back(static_cast<int64_t>(i));
  return main;
}

void remark_left_out(const TiffPages& found, const std::vector<int64_t>& main, ImageStructure& structure) {
  if (!found.is_whole)
    structure.remarks.push_back("pages behind the " + std::to_string(found.pages.size()) +
                                ". cannot be read; the file is damaged or cut short");
  int64_t others = 0;
  const TiffPage* other = nullptr;
  for (size_t i = 0; i < found.pages.size(); ++i) {
    if (found.pages[i].is_reduced || std::binary_search(main.begin(), main.end(), static_cast<int64_t>(i)))
      continue;
    ++others;
    other = &found.pages[i];
  }
  if (others == 0) return;
  structure.remarks.push_back(
      std::to_string(others) + (others == 1 ? " page of " : " pages, one of ") + size_of_page(*other) +
      " px, " + (others == 1 ? "is" : "are") + " left out: the largest pages, of " +
      size_of_page(found.pages[static_cast<size_t>(main.front())]) + " px, are the image");
}

/// Planes page by page, or inside the one page, in the order of axes, slowest first.
void place_in_order(TiffLayout& layout, const std::vector<int64_t>& main, const std::string& order) {
  const auto& structure = layout.structure;
  const int64_t channels = structure.channels;
  layout.planes.resize(static_cast<size_t>(structure.planes()));
  for (int64_t frame = 0; frame < structure.frames; ++frame)
    for (int64_t slice = 0; slice < structure.slices; ++slice)
      for (int64_t channel = 0; channel < channels; ++channel) {
        int64_t number = 0;
        for (const char axis : order)
          number = axis == 'T'   ? number * structure.frames + frame
                   : axis == 'Z' ? number * structure.slices + slice
                                 : number * channels + channel;
        const bool stacked = main.size() == 1;
        layout.planes[static_cast<size_t>((frame * structure.slices + slice) * channels + channel)] = {
            0, stacked ? main.front() : main[static_cast<size_t>(number)], stacked ? number : 0};
      }
}

/// How many planes there are behind the pages of the image: one each, or behind a single page as many as are
/// stated, as far as the file reaches.
int64_t planes_behind(const TiffPages& found, const std::vector<int64_t>& main, int64_t stated) {
  if (main.size() > 1) return std::ssize(main);
  constexpr uint16_t kUncompressed = 1;
  const TiffPage& page = found.pages[static_cast<size_t>(main.front())];
  const uint64_t bytes = page.bytes_per_row() * page.height;
  if (page.compression != kUncompressed || bytes == 0) return 1;
  const auto room = static_cast<int64_t>(found.file_size / bytes);
  return std::clamp<int64_t>(std::max(stated, page.stacked), 1, std::max<int64_t>(room, 1));
}

/// Slices or frames may be stored as samples of a pixel: writers that see three planes take them for colours.
bool lay_out_samples_by_axes(TiffLayout& layout, const std::vector<int64_t>& main, const std::string& axes,
                             int64_t planes) {
  const bool names_samples = axes.find_first_of("CcSs") != std::string::npos;
  const bool names_planes = axes.find_first_of("ZzTt") != std::string::npos;
  if (planes != 1 || layout.page.channels == 1 || names_samples || !names_planes) return false;
  auto named = parse_axes(axes, {layout.page.channels, 1});
  named.structure.remarks = std::move(layout.structure.remarks);
  layout.structure = std::move(named.structure);
  layout.page.has_colours = false;
  place_in_order(layout, main, named.order);
  for (auto& plane : layout.planes) plane.sample = std::exchange(plane.stacked, 0);
  layout.samples = 1;
  return true;
}

void lay_out_by_axes(TiffLayout& layout, const std::vector<int64_t>& main, const std::string& axes,
                     int64_t planes) {
  if (lay_out_samples_by_axes(layout, main, axes, planes)) return;
  auto named = parse_axes(axes, {planes, layout.page.channels});
  named.structure.remarks = std::move(layout.structure.remarks);
  layout.structure = std::move(named.structure);
  if (named.samples_are_colours) layout.page.has_colours = true;
  // Colours of a picture are its channels where nothing else is called so.
  if (!named.samples_are_colours && layout.page.channels > 1 &&
      axes.find_first_of("Cc") != std::string::npos && named.order.find('C') == std::string::npos)
    layout.page.has_colours = false;
  layout.samples = layout.page.has_colours ? 1 : layout.page.channels;
  place_in_order(layout, main, named.order);
}

bool lay_out_imagej(TiffLayout& layout, const TiffPages& found, const std::vector<int64_t>& main) {
  const auto description = parse_imagej_description(found.pages.front().description);
  const int64_t planes = planes_behind(found, main, description.images);
  if (planes == 1 && description.images == 1) return false;
  if (description.structure.planes() != planes) {
    layout.structure.remarks.push_back("its ImageJ description speaks of " +
                                       std::to_string(description.structure.planes()) +
                                       " planes, and the file holds " + std::to_string(planes));
    return false;
  }
  auto remarks = std::move(layout.structure.remarks);
  layout.structure = description.structure;
  layout.structure.remarks = std::move(remarks);
  place_in_order(layout, main, "TZC");
  return true;
}

/// What tifffile notes as JSON.
struct TifffileNote {
  std::string axes;    ///< with lengths
  int64_t stated = 1;  ///< planes, where one page stands for all
};

std::optional<TifffileNote> tifffile_note(const std::string& description) {
  if (!description.starts_with("{\"shape\":")) return std::nullopt;
  const auto json = nlohmann::json::parse(description, nullptr, false);
  if (json.is_discarded() || !json.contains("axes") || !json["axes"].is_string() || !json["shape"].is_array())
    return std::nullopt;
  const auto axes = json["axes"].get<std::string>();
  if (axes.size() != json["shape"].size()) return std::nullopt;
  TifffileNote note;
  for (size_t i = 0; i < axes.size(); ++i) {
    constexpr uint64_t kMost = 1u << 30;
    if (!json["shape"][i].is_number_unsigned() || json["shape"][i].get<uint64_t>() > kMost)
      return std::nullopt;
    const auto length = json["shape"][i].get<int64_t>();
    note.axes += axes[i] + std::to_string(length);
    if (i < axes.find('Y') && json.value("truncated", false))
      note.stated = std::min<int64_t>(note.stated * length, kMost);
  }
  return note;
}

bool lay_out_tifffile(TiffLayout& layout, const TiffPages& found, const std::vector<int64_t>& main) {
  const auto note = tifffile_note(found.pages.front().description);
  if (!note) return false;
  const bool has_colours = layout.page.has_colours;
  try {
    lay_out_by_axes(layout, main, note->axes, planes_behind(found, main, note->stated));
  } catch (const Error&) {
    return false;  // axes of another kind of data, or of what the file was before
  }
  if (note->axes.find('S') != std::string::npos) {  // it calls samples S whatever they are
    layout.page.has_colours = has_colours;
    layout.samples = has_colours ? 1 : layout.page.channels;
  }
  layout.structure.source = "its tifffile description";
  return true;
}

void lay_out_pages(TiffLayout& layout, const TiffPages& found, const std::vector<int64_t>& main) {
  auto& structure = layout.structure;
  structure.source = "its tags";
  structure.frames = planes_behind(found, main, 1);
  if (structure.frames > 1)
    structure.remarks.push_back(std::to_string(structure.frames) +
                                " pages of which nothing says what they are: each is taken for a picture of "
                                "its own, as frames are; --axes "
                                "ZYX says that they are slices, --axes CYX that they are channels");
  place_in_order(layout, main, "T");
}

/// Samples that are no colours are channels, faster than those of pages.
void add_samples(TiffLayout& layout) {
  auto& structure = layout.structure;
  structure.colour = layout.page.has_colours;
  if (structure.channels > 1) structure.colour = false;
  // Some writers call any three planes so.
  if (structure.colour && layout.page.is_separate() && structure.source != kSaidByUser)
    structure.remarks.push_back(
        "its three planes are taken for red, green and blue, as its tags say; --axes CYX says that they are "
        "channels, --axes ZYX that they are slices");
  structure.channels *= layout.samples;
  if (std::ssize(structure.channel_names) != structure.channels) structure.channel_names.clear();
}

}  // namespace

TiffLayout read_tiff_layout(const std::filesystem::path& path, const std::string& axes) try {
  auto found = list_tiff_pages(path);
  const auto main = main_pages(found.pages);
  const std::string text = found.pages.front().description;
  TiffLayout layout;
  layout.files = {path};
  layout.page = found.pages[static_cast<size_t>(main.front())];
  layout.page.description = text;
  layout.shows_palette = layout.page.has_palette();
  if (is_imagej_description(text) || is_ome_xml(text)) layout.shows_palette = false;  // a display table
  if (layout.page.has_palette()) layout.page.has_colours = layout.shows_palette;
  remark_left_out(found, main, layout.structure);
  layout.samples = layout.page.has_colours ? 1 : layout.page.channels;
  if (!axes.empty())
    lay_out_by_axes(layout, main, axes, planes_behind(found, main, 1));
  else if (!lay_out_ome(layout, found) &&
           !(is_imagej_description(text) && lay_out_imagej(layout, found, main)) &&
           !lay_out_tifffile(layout, found, main))
    lay_out_pages(layout, found, main);
  add_samples(layout);
  layout.pages = std::move(found);
  return layout;
} catch (const Error& error) {
  const std::string message = error.what();
  if (message.starts_with("cannot read ")) throw;
  fail_reading(path, message);
}

}  // namespace priorseg
