#include "priorseg/studio/object_list.h"

#include <torch/types.h>

#include <cmath>
#include <map>
#include <utility>

#include "priorseg/output/label_outline.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/running_objects.h"

namespace priorseg {
namespace {

nlohmann::json ring_to_json(const OutlineRing& ring) {
  auto points = nlohmann::json::array();
  for (const auto& corner : ring) {
    points.push_back(corner.x);
    points.push_back(corner.y);
  }
  return points;
}

/// Rings of each object, in the order of labels.
nlohmann::json outlines_to_json(const torch::Tensor& labels) {
  std::map<int32_t, nlohmann::json> by_label;
  RunningObjects running(labels.size(1), [&](int32_t label, const ObjectPixels& object) {
    auto& rings = by_label[label] = nlohmann::json::array();
    for (const auto& part : trace_outline(object)) {
      rings.push_back(ring_to_json(part.exterior));
      for (const auto& hole : part.holes) rings.push_back(ring_to_json(hole));
    }
  });
  running.add_rows(labels);
  running.finish();
  auto outlines = nlohmann::json::array();
  for (auto& [label, rings] : by_label) outlines.push_back(std::move(rings));
  return outlines;
}

}  // namespace

nlohmann::json list_objects(const torch::Tensor& labels, const std::vector<ObjectMeasurements>& objects) {
  nlohmann::json list = {{"width", labels.size(1)},
                         {"height", labels.size(0)},
                         {"columns", {"label"}},
                         {"rows", nlohmann::json::array()},
                         {"outlines", outlines_to_json(labels)}};
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

}  // namespace priorseg
