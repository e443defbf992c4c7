#include "priorseg/studio/object_list.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "priorseg/output/label_outline.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/running_objects.h"

namespace priorseg {
namespace {

nlohmann::json ring_to_json(const OutlineRing& ring, int64_t x0, int64_t y0) {
  auto points = nlohmann::json::array();
  for (const auto& corner : ring) {
    points.push_back(corner.x + x0);
    points.push_back(corner.y + y0);
  }
  return points;
}

/// Rings of the objects of a part of a label map, by label.
/// @param x0, y0  of its first pixel.
std::map<int32_t, nlohmann::json> outlines_of(const torch::Tensor& part, int64_t x0, int64_t y0,
                                              const std::function<bool(int32_t)>& wants) {
  std::map<int32_t, nlohmann::json> by_label;
  RunningObjects running(part.size(1), [&](int32_t label, const ObjectPixels& object) {
    if (!wants(label)) return;
    auto& rings = by_label[label] = nlohmann::json::array();
    for (const auto& piece : trace_outline(object)) {
      rings.push_back(ring_to_json(piece.exterior, x0, y0));
      for (const auto& hole : piece.holes) rings.push_back(ring_to_json(hole, x0, y0));
    }
  });
  running.add_rows(part);
  running.finish();
  return by_label;
}

bool meets(const ObjectMeasurements& object, const PixelBox& box) {
  return object.x0 < box.x1 && object.x1 > box.x0 && object.y0 < box.y1 && object.y1 > box.y0;
}

}  // namespace

nlohmann::json list_objects(const torch::Tensor& labels, const std::vector<ObjectMeasurements>& objects,
                            bool with_outlines) {
  nlohmann::json list = {{"width", labels.size(1)},
                         {"height", labels.size(0)},
                         {"columns", {"label"}},
                         {"rows", nlohmann::json::array()},
                         {"outlines", nullptr}};
  if (with_outlines) {
    list["outlines"] = nlohmann::json::array();
    for (auto& [label, rings] : outlines_of(labels, 0, 0, [](int32_t) { return true; }))
      list["outlines"].push_back(std::move(rings));
  }
  for (const auto& column : object_columns()) list["columns"].push_back(column.name);
  for (const auto& object : objects) {
    nlohmann::json row = {object.label};
    for (const auto& column : object_columns()) {
      const double value = column.value(object);
      if (column.whole) {
        row.push_back(static_cast<int64_t>(value));
      } else {
        row.push_back(std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr));
      }
    }
    list["rows"].push_back(std::move(row));
  }
  return list;
}

nlohmann::json list_outlines(const torch::Tensor& labels, const std::vector<ObjectMeasurements>& objects,
                             const PixelBox& view) {
  nlohmann::json list = {{"labels", nlohmann::json::array()}, {"outlines", nlohmann::json::array()}};
  std::set<int32_t> wanted;
  PixelBox around{labels.size(1), labels.size(0), 0, 0};
  for (const auto& object : objects) {
    if (!meets(object, view)) continue;
    wanted.insert(object.label);
    around = {std::min(around.x0, object.x0), std::min(around.y0, object.y0), std::max(around.x1, object.x1),
              std::max(around.y1, object.y1)};
  }
  if (wanted.empty()) return list;
  const auto part = labels.slice(0, around.y0, around.y1).slice(1, around.x0, around.x1);
  for (auto& [label, rings] :
       outlines_of(part, around.x0, around.y0, [&](int32_t label) { return wanted.contains(label); })) {
    list["labels"].push_back(label);
    list["outlines"].push_back(std::move(rings));
  }
  return list;
}

}  // namespace priorseg
