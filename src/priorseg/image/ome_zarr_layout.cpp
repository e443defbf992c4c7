#include "priorseg/image/ome_zarr_layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/image/axes_text.h"
#include "priorseg/image/zarr_metadata.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// From version 0.5 on everything lies under "ome".
json ome_attributes(const fs::path& group) {
  auto attributes = read_zarr_attributes(group);
  if (attributes.contains("ome") && attributes["ome"].is_object()) return attributes["ome"];
  return attributes;
}

/// Micrometres of a unit of UDUNITS-2, 0 of another.
double um_of_zarr_unit(const std::string& unit) {
  constexpr std::array<std::pair<const char*, double>, 8> kUnits = {{{"micrometer", 1},
                                                                     {"micrometre", 1},
                                                                     {"nanometer", 1e-3},
                                                                     {"nanometre", 1e-3},
                                                                     {"millimeter", 1e3},
                                                                     {"angstrom", 1e-4},
                                                                     {"centimeter", 1e4},
                                                                     {"meter", 1e6}}};
  for (const auto& [name, um] : kUnits)
    if (unit == name) return um;
  return 0;
}

struct ZarrAxis {
  char letter;
  double um = 0;  // of its unit
};

/// One axis as 0.4 (an object) or 0.3 (a name) tell it.
ZarrAxis axis_of(const json& axis) {
  const std::string name = axis.is_string() ? axis.get<std::string>() : axis.at("name").get<std::string>();
  const char letter =
      name.size() == 1 ? static_cast<char>(std::toupper(static_cast<unsigned char>(name[0]))) : '?';
  if (std::string("TCZYX").find(letter) == std::string::npos)
    throw Error("its axis '" + name + "' is not known, expected t, c, z, y and x; name them all with --axes");
  return {letter, axis.is_object() ? um_of_zarr_unit(axis.value("unit", "")) : 0};
}

std::vector<ZarrAxis> axes_of(const json& multiscale) {
  std::vector<ZarrAxis> axes;
  if (!multiscale.contains("axes")) return {{'T'}, {'C'}, {'Z'}, {'Y'}, {'X'}};  // before version 0.3
  for (const auto& axis : multiscale["axes"]) axes.push_back(axis_of(axis));
  return axes;
}

/// The product of the scales in a list of transformations, one a dimension.
std::vector<double> scale_of(const json& owner, size_t dimensions) {
  std::vector<double> scale(dimensions, 1.0);
  if (!owner.contains("coordinateTransformations")) return scale;
  for (const auto& transformation : owner["coordinateTransformations"]) {
    if (transformation.value("type", "") != "scale" || !transformation.contains("scale")) continue;
    const auto factors = transformation["scale"].get<std::vector<double>>();
    if (factors.size() != dimensions) throw Error("a scale has another number of axes than its image");
    for (size_t i = 0; i < dimensions; ++i) scale[i] *= factors[i];
  }
  return scale;
}

std::vector<OmeZarrLevel> levels_of(const json& multiscale, const std::vector<ZarrAxis>& axes,
                                    const fs::path& group) {
  const auto common = scale_of(multiscale, axes.size());
  std::vector<OmeZarrLevel> levels;
  for (const auto& dataset : multiscale.at("datasets")) {
    OmeZarrLevel level{group / dataset.at("path").get<std::string>()};
    const bool says_scale = dataset.contains("coordinateTransformations");
    const auto scale = scale_of(dataset, axes.size());
    for (size_t i = 0; says_scale && i < axes.size(); ++i) {
      const double um = scale[i] * common[i] * axes[i].um;
      if (axes[i].letter == 'Y') level.um_y = um;
      if (axes[i].letter == 'X') level.um_x = um;
    }
    levels.push_back(std::move(level));
  }
  if (levels.empty()) throw Error("its multiscale image names no array");
  return levels;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Whether names say no more of channels than which of red, green and blue each is: programs that split a
/// colour picture give them no name, a number, or that of the colour.
bool are_names_of_colours(const std::vector<std::string>& names) {
  constexpr std::array<const char*, 3> kColours = {"red", "green", "blue"};
  for (size_t i = 0; i < kColours.size(); ++i) {
    const auto name = lower_case(names[i]);
    const bool is_number = name.find_first_not_of("channel c:_-0123456789") == std::string::npos;
    if (!is_number && name != kColours[i] && name != std::string(1, kColours[i][0])) return false;
  }
  return true;
}

/// Names of the channels; three that show one picture in colours become those (axis S in the place of C), but
/// where the user said what the axes are.
void add_channels(const json& ome, OmeZarrLayout& layout, bool axes_are_said) {
  if (!ome.contains("omero") || !ome["omero"].contains("channels")) return;
  auto& structure = layout.structure;
  std::vector<std::string> colours;
  for (const auto& channel : ome["omero"]["channels"]) {
    structure.channel_names.push_back(channel.value("label", ""));
    colours.push_back(lower_case(channel.value("color", "")));
  }
  if (axes_are_said) return;
  const size_t axis = layout.axes.find('C');
  if (colours != std::vector<std::string>{"ff0000", "00ff00", "0000ff"} || axis == std::string::npos) return;
  auto said = layout.axes;
  const bool is_of_bytes = read_zarr_metadata(layout.levels.front().array).type.bytes == 1;
  if (!is_of_bytes || !are_names_of_colours(structure.channel_names)) {
    said[axis] = 'S';
    structure.remarks.push_back(
        "its three channels are shown in red, green and blue and taken for channels, as they " +
        std::string(is_of_bytes ? "have names" : "have more than 8 bits") +
        "; where they are the colours of one picture, say --axes " + said);
    return;
  }
  structure.remarks.push_back(
      "its three channels, of 8 bits and shown in red, green and blue, are taken for the "
      "colours of one picture; where they are channels, say --axes " +
      said);
  layout.axes[axis] = 'S';
  structure.channel_names.clear();
}

OmeZarrLayout layout_of_multiscale(const json& ome, const fs::path& group, bool axes_are_said) {
  const auto& all = ome.at("multiscales");
  if (!all.is_array() || all.empty()) throw Error("its multiscales are empty");
  OmeZarrLayout layout;
  layout.structure.source = "its OME-Zarr metadata";
  if (all.size() > 1)
    layout.structure.remarks.push_back("it holds " + std::to_string(all.size()) +
                                       " multiscale images, of which the first is taken");
  const auto axes = axes_of(all[0]);
  for (const auto& axis : axes) layout.axes += axis.letter;
  layout.levels = levels_of(all[0], axes, group);
  add_channels(ome, layout, axes_are_said);
  return layout;
}

/// An array alone, whose axes Zarr 3 or xarray may name.
OmeZarrLayout layout_of_array(const fs::path& folder, bool axes_are_said) {
  const auto array = read_zarr_metadata(folder);
  auto names = array.dimension_names;
  const auto attributes = read_zarr_attributes(folder);
  if (names.empty() && attributes.contains("_ARRAY_DIMENSIONS"))
    names = attributes["_ARRAY_DIMENSIONS"].get<std::vector<std::string>>();
  OmeZarrLayout layout;
  layout.levels = {{folder}};
  layout.structure.source = "the array's dimension names";
  if (names.empty() && array.shape.size() == 2) names = {"y", "x"};
  if (axes_are_said) return layout;
  if (names.empty())
    throw Error("it is an array of " + std::to_string(array.shape.size()) +
                " dimensions of which nothing says what they are; name them with --axes, such as --axes CYX");
  for (const auto& name : names) layout.axes += axis_of(name).letter;
  return layout;
}

void check_letters(const std::string& axes, bool are_said) {
  const auto count = [&](char letter) { return std::count(axes.begin(), axes.end(), letter); };
  bool once = count('Y') == 1 && count('X') == 1;
  for (const char letter : std::string("TCZS")) once = once && count(letter) <= 1;
  if (once && axes.find_first_not_of("TCZYXS") == std::string::npos) return;
  throw Error((are_said ? "--axes says " : "its axes are ") + axes +
              ", expected Y, X and some of T, C, Z and S (the colours of a pixel), once each");
}

std::string letters_said(const std::string& axes) {
  std::string letters;
  for (const char c : axes)
    if (std::isdigit(static_cast<unsigned char>(c)) == 0)
      letters += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return letters;
}

fs::path path_in(const fs::path& store, const json& owner) {
  return store / owner.at("path").get<std::string>();
}

/// The fields of all wells of a plate.
std::vector<fs::path> fields_of_plate(const fs::path& store, const json& plate) {
  std::vector<fs::path> fields;
  for (const auto& well : plate.at("wells")) {
    const fs::path folder = path_in(store, well);
    const auto ome = ome_attributes(folder);
    for (const auto& image : ome.at("well").at("images")) fields.push_back(path_in(folder, image));
  }
  return fields;
}

}  // namespace

OmeZarrLayout read_ome_zarr_layout(const fs::path& store, const std::string& axes) try {
  OmeZarrLayout layout;
  const auto ome = ome_attributes(store);
  if (ome.contains("multiscales")) {
    layout = layout_of_multiscale(ome, store, !axes.empty());
  } else if (is_zarr_array(store)) {
    layout = layout_of_array(store, !axes.empty());
  } else if (is_zarr(store / "0") && !is_zarr_array(store / "0")) {
    layout = read_ome_zarr_layout(store / "0", axes);
    std::error_code error;
    if (fs::exists(store / "1", error))
      layout.structure.remarks.push_back(
          "it holds several images, of which the first is taken; name another as " +
          (store / "1").filename().string() + " inside it: " + (store / "1").string());
  } else {
    throw Error(
        "it is a Zarr group without an image (no 'multiscales'); name the folder inside it that has one");
  }
  if (!axes.empty()) {
    layout.axes = letters_said(axes);
    layout.structure.source = kSaidByUser;
  }
  check_letters(layout.axes, !axes.empty());
  return layout;
} catch (const json::exception&) {
  throw Error("its OME-Zarr metadata are damaged or incomplete");
}

std::vector<fs::path> images_of_zarr(const fs::path& store) try {
  const auto ome = ome_attributes(store);
  if (ome.contains("plate")) return fields_of_plate(store, ome["plate"]);
  if (!ome.contains("well")) return {store};
  std::vector<fs::path> fields;
  for (const auto& image : ome["well"].at("images")) fields.push_back(path_in(store, image));
  return fields;
} catch (const json::exception&) {
  throw Error("the metadata of the plate " + store.string() + " are damaged or incomplete");
}

}  // namespace priorseg
