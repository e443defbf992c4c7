#include "priorseg/image/ome_xml.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <pugixml.hpp>
#include <string_view>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr size_t kLongestText = size_t{1} << 28;
constexpr int64_t kMostPlanes = 10'000'000;

/// Elements may have a prefix ("ome:Image").
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::vector<pugi::xml_node> children(const pugi::xml_node& node, std::string_view name) {
  std::vector<pugi::xml_node> found;
  for (const auto& child : node.children())
    if (local_name(child) == name) found.push_back(child);
  return found;
}

double um_of_unit(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, double>, 10> kUnits = {{{"", 1},
                                                                           {"\xc2\xb5m", 1},
                                                                           {"\xce\xbcm", 1},
                                                                           {"um", 1},
                                                                           {"nm", 1e-3},
                                                                           {"mm", 1e3},
                                                                           {"cm", 1e4},
                                                                           {"m", 1e6},
                                                                           {"in", 25400},
                                                                           {"\xc3\x85", 1e-4}}};
  for (const auto& [name, um] : kUnits)
    if (name == unit) return um;
  return 0;  // "pixel" and "reference frame" are no lengths
}

double length_of(const pugi::xml_node& pixels, const char* size, const char* unit) {
  const double um = pixels.attribute(size).as_double() * um_of_unit(pixels.attribute(unit).as_string());
  return std::isfinite(um) && um > 0 ? um : 0;
}

int64_t size_of(const pugi::xml_node& pixels, const char* name) {
  const long long size = pixels.attribute(name).as_llong(1);
  if (size < 1 || size > kMostPlanes * 1000)
    throw Error(std::string(name) + " of its OME-XML is " + std::to_string(size));
  return size;
}

/// Places of planes in the order in which they follow each other.
class PlaneOrder {
 public:
  /// @param order  "XYZCT" and its like; another one counts as that.
  PlaneOrder(const ImageStructure& structure, const std::string& order) : structure_(structure) {
    std::string axes = order.size() == 5 ? order.substr(2) : "ZCT";
    std::string sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    axes_ = sorted == "CTZ" ? axes : "ZCT";
  }

  /// The number of a plane in the order.
  int64_t number_of(const PlanePosition& position) const {
    int64_t number = 0, step = 1;
    for (const char axis : axes_) {
      number += step * (axis == 'Z' ? position.slice : axis == 'C' ? position.channel : position.frame);
      step *= length(axis);
    }
    return number;
  }
  PlanePosition position_of(int64_t number) const {
    PlanePosition position;
    for (const char axis : axes_) {
      (axis == 'Z'   ? position.slice
       : axis == 'C' ? position.channel
                     : position.frame) = number % length(axis);
      number /= length(axis);
    }
    return position;
  }

 private:
  int64_t length(char axis) const {
    return axis == 'Z' ? structure_.slices : axis == 'C' ? structure_.channels : structure_.frames;
  }

  const ImageStructure& structure_;
  std::string axes_;
};

/// Puts what one TiffData element says into the places of planes.
void place_planes(const pugi::xml_node& data, const PlaneOrder& order, OmeImage& image) {
  const auto& structure = image.structure;
  const bool has_page = data.attribute("IFD");
  const int64_t page = data.attribute("IFD").as_llong(0);
  const PlanePosition first{data.attribute("FirstT").as_llong(0), data.attribute("FirstZ").as_llong(0),
                            data.attribute("FirstC").as_llong(0)};
  const bool inside = first.frame >= 0 && first.frame < structure.frames && first.slice >= 0 &&
                      first.slice < structure.slices && first.channel >= 0;
  if (!inside || page < 0) return;
  // FirstC counts samples in some files and channels in others; where each channel is a page they are the
  // same.
  const int64_t channel = std::min(first.channel, structure.channels - 1);
  const int64_t start = order.number_of({first.frame, first.slice, channel});
  const int64_t all = structure.planes();
  const int64_t count =
      std::clamp<int64_t>(data.attribute("PlaneCount").as_llong(has_page ? 1 : all - start), 0, all - start);
  std::string file;
  for (const auto& uuid : children(data, "UUID")) file = uuid.attribute("FileName").as_string();
  for (int64_t i = 0; i < count; ++i) {
    const auto at = order.position_of(start + i);
    image.planes[static_cast<size_t>((at.frame * structure.slices + at.slice) * structure.channels +
                                     at.channel)] = {file, page + i};
  }
}

OmeImage read_image_element(const pugi::xml_node& pixels, int64_t samples_of_page) {
  OmeImage image;
  auto& structure = image.structure;
  structure.source = "its OME-XML";
  image.width = size_of(pixels, "SizeX");
  image.height = size_of(pixels, "SizeY");
  structure.frames = size_of(pixels, "SizeT");
  structure.slices = size_of(pixels, "SizeZ");
  const int64_t size_c = size_of(pixels, "SizeC");
  const auto channels = children(pixels, "Channel");
  const auto stated =
      channels.empty() ? pugi::xml_attribute() : channels.front().attribute("SamplesPerPixel");
  image.samples = std::clamp<int64_t>(stated.as_llong(samples_of_page), 1, size_c);
  structure.channels = std::max<int64_t>(1, size_c / image.samples);
  if (structure.frames > kMostPlanes / structure.slices ||
      structure.frames * structure.slices > kMostPlanes / structure.channels)
    throw Error("its OME-XML states more planes than a file can hold");
  for (const auto& channel : channels)
    structure.channel_names.emplace_back(channel.attribute("Name").as_string());
  const auto& names = structure.channel_names;
  if (std::ssize(names) != structure.channels ||
      std::all_of(names.begin(), names.end(), [](const auto& name) { return name.empty(); }))
    structure.channel_names.clear();
  image.um_x = length_of(pixels, "PhysicalSizeX", "PhysicalSizeXUnit");
  image.um_y = length_of(pixels, "PhysicalSizeY", "PhysicalSizeYUnit");
  image.um_z = length_of(pixels, "PhysicalSizeZ", "PhysicalSizeZUnit");
  image.planes.resize(static_cast<size_t>(structure.planes()));
  const PlaneOrder order(structure, pixels.attribute("DimensionOrder").as_string());
  const auto data = children(pixels, "TiffData");
  for (const auto& element : data) place_planes(element, order, image);
  if (data.empty()) place_planes({}, order, image);  // page after page
  return image;
}

}  // namespace

bool is_ome_xml(const std::string& text) {
  const std::string_view start = std::string_view(text).substr(0, 4096);
  return start.find("<OME") != std::string_view::npos || start.find(":OME") != std::string_view::npos;
}

OmeDescription parse_ome_xml(const std::string& text, int64_t samples_of_page) {
  if (text.size() > kLongestText) throw Error("its OME-XML has " + std::to_string(text.size()) + " bytes");
  pugi::xml_document document;
  const auto outcome =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!outcome)
    throw Error(std::string("its OME-XML is damaged (") + outcome.description() + " at byte " +
                std::to_string(outcome.offset) + ")");
  OmeDescription description;
  const auto root = document.document_element();
  if (local_name(root) != "OME") throw Error("its OME-XML has no element OME");
  description.uuid = root.attribute("UUID").as_string();
  for (const auto& stand_in : children(root, "BinaryOnly"))
    description.metadata_file = stand_in.attribute("MetadataFile").as_string();
  for (const auto& image : children(root, "Image"))
    for (const auto& pixels : children(image, "Pixels"))
      description.images.push_back(read_image_element(pixels, samples_of_page));
  return description;
}

}  // namespace priorseg
