#include "priorseg/output/ome_zarr_labels.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "priorseg/output/label_colours.h"
#include "priorseg/output/objects_csv.h"

namespace priorseg {
namespace {

using nlohmann::json;

constexpr const char* kLabelsFolder = "labels/objects";
constexpr int64_t kSideOfSmallestLevel = 512;

std::vector<std::string> axes_of_labels(const StackShape& shape) {
  std::vector<std::string> axes;
  if (shape.frames > 1) axes.emplace_back("t");
  if (shape.slices > 1) axes.emplace_back("z");
  axes.emplace_back("y");
  axes.emplace_back("x");
  return axes;
}

json colour_of_label(int32_t label) {
  const auto& colour = kLabelColours[static_cast<size_t>(label) % kLabelColours.size()];
  return {{"label-value", label}, {"rgba", {colour[0], colour[1], colour[2], 255}}};
}

json properties_of(const ObjectMeasurements& object) {
  json properties = {{"label-value", object.label}};
  for (const ObjectColumn& column : object_columns()) {
    const double value = column.value(object);
    if (!std::isfinite(value)) continue;
    if (column.whole)
      properties[column.name] = static_cast<int64_t>(value);
    else
      properties[column.name] = value;
  }
  return properties;
}

const char* version_text(ZarrVersion version) { return version == ZarrVersion::k2 ? "0.4" : "0.5"; }

}  // namespace

OmeZarrLabelsSink::OmeZarrLabelsSink(const ImageInfo& info, const std::filesystem::path& store,
                                     ZarrVersion version, const Provenance& made_with,
                                     const StackShape& shape)
    : info_(info),
      version_(version),
      made_with_(made_with),
      shape_(shape),
      store_(store),
      axes_(axes_of_labels(shape)) {
  int64_t height = info.height, width = info.width;
  for (int level = 0;; ++level) {
    const auto folder = store_.temporary() / kLabelsFolder / std::to_string(level);
    levels_.push_back(
        {height, width, ZarrLabelWriter(folder, version, shape_of_level(height, width), axes_)});
    if (std::max(height, width) <= kSideOfSmallestLevel) break;
    height = (height + 1) / 2;
    width = (width + 1) / 2;
  }
}

std::vector<int64_t> OmeZarrLabelsSink::shape_of_level(int64_t height, int64_t width) const {
  std::vector<int64_t> lengths;
  if (shape_.frames > 1) lengths.push_back(shape_.frames);
  if (shape_.slices > 1) lengths.push_back(shape_.slices);
  lengths.push_back(height);
  lengths.push_back(width);
  return lengths;
}

void OmeZarrLabelsSink::add(const LabelledRows& piece) {
  auto rows = piece.labels;
  for (auto& level : levels_) {
    if (rows.size(0) == 0) return;
    level.writer.append(rows);
    const int64_t first_even = level.next_row % 2;
    level.next_row += rows.size(0);
    if (level.next_row == level.height) level.next_row = 0;
    rows = first_even < rows.size(0) ? rows.slice(0, first_even, rows.size(0), 2).slice(1, 0, level.width, 2)
                                     : rows.slice(0, 0, 0);
  }
}

/// @param folder  of the levels, as seen from the group.
json OmeZarrLabelsSink::multiscale(const std::string& folder) const {
  const double um_x = info_.pixel_size.um_per_pixel_x(), um_y = info_.pixel_size.um_per_pixel_y();
  const bool is_in_um = um_x > 0 && um_y > 0;
  const auto& place = info_.place;
  const double step_x = is_in_um ? um_x : place.x_scale, step_y = is_in_um ? um_y : place.y_scale;
  json axes = json::array(), datasets = json::array();
  for (const auto& name : axes_) {
    json axis = {{"name", name}, {"type", name == "t" ? "time" : "space"}};
    if (is_in_um && (name == "y" || name == "x")) axis["unit"] = "micrometer";
    axes.push_back(axis);
  }
  double factor = 1;
  for (size_t i = 0; i < levels_.size(); ++i, factor *= 2) {
    std::vector<double> scale(axes_.size(), 1.0), translation(axes_.size(), 0.0);
    scale[axes_.size() - 2] = step_y * factor;
    scale.back() = step_x * factor;
    translation[axes_.size() - 2] = place.y * step_y / place.y_scale;
    translation.back() = place.x * step_x / place.x_scale;
    json transformations = json::array({{{"type", "scale"}, {"scale", scale}}});
    if (place.x != 0 || place.y != 0)
      transformations.push_back({{"type", "translation"}, {"translation", translation}});
    datasets.push_back(
        {{"path", folder + std::to_string(i)}, {"coordinateTransformations", transformations}});
  }
  json multiscale = {{"name", "objects"},
                     {"axes", axes},
                     {"datasets", datasets},
                     {"type", "nearest"},
                     {"metadata", {{"description", "every second row and column of the level before"}}}};
  if (version_ == ZarrVersion::k2) multiscale["version"] = version_text(version_);
  return multiscale;
}

/// What version 0.5 has under "ome", 0.4 at the top; and what it was made with.
std::string OmeZarrLabelsSink::attributes(const json& members) const {
  json all = members;
  if (version_ == ZarrVersion::k3) {
    all = {{"ome", members}};
    all["ome"]["version"] = version_text(version_);
  }
  if (members.contains("multiscales")) all["priorseg"] = made_with_.to_json();
  return all.dump(1);
}

void OmeZarrLabelsSink::write_groups(const json& image_label) {
  const auto root = store_.temporary();
  write_zarr_group(root / kLabelsFolder, version_,
                   attributes({{"multiscales", {multiscale("")}}, {"image-label", image_label}}));
  write_zarr_group(root / "labels", version_, attributes({{"labels", {"objects"}}}));
  write_zarr_group(root, version_,
                   attributes({{"multiscales", {multiscale(std::string(kLabelsFolder) + "/")}}}));
}

void OmeZarrLabelsSink::finish(const std::vector<ObjectMeasurements>& objects) {
  json image_label = {{"source", {{"image", "../../"}}}};
  if (version_ == ZarrVersion::k2) image_label["version"] = version_text(version_);
  if (!objects.empty() && objects.size() <= kMostDescribed) {
    for (const auto& object : objects) {
      image_label["colors"].push_back(colour_of_label(object.label));
      image_label["properties"].push_back(properties_of(object));
    }
  }
  write_groups(image_label);
  store_.commit();
}

}  // namespace priorseg
