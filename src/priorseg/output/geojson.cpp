#include "priorseg/output/geojson.h"

#include <cmath>
#include <fstream>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/objects_csv.h"

namespace priorseg {
namespace {

std::string closed_ring(const OutlineRing& ring) {
  std::string text = "[";
  for (size_t i = 0; i <= ring.size(); ++i) {
    const auto& corner = ring[i % ring.size()];
    text += (i == 0 ? "[" : ",[") + std::to_string(corner.x) + "," + std::to_string(corner.y) + "]";
  }
  return text + "]";
}

std::string rings_of(const OutlinePart& part) {
  std::string text = "[" + closed_ring(part.exterior);
  for (const auto& hole : part.holes) text += "," + closed_ring(hole);
  return text + "]";
}

std::string measurements_of(const ObjectMeasurements& object) {
  std::string text;
  for (const ObjectColumn& column : object_columns()) {
    const double value = column.value(object);
    if (!std::isfinite(value)) continue;
    text += (text.empty() ? "\"" : ",\"") + std::string(column.name) + "\":" + plain_number(value);
  }
  return "{" + text + "}";
}

std::string feature_of(const ObjectMeasurements& object, const std::string& geometry) {
  return R"({"type":"Feature","geometry":)" + geometry +
         R"(,"properties":{"objectType":"detection","name":")" + std::to_string(object.label) +
         R"(","classification":{"name":"object"},"measurements":)" + measurements_of(object) + "}}";
}

}  // namespace

std::string geojson_geometry(const std::vector<OutlinePart>& parts) {
  if (parts.size() == 1) return R"({"type":"Polygon","coordinates":)" + rings_of(parts.front()) + "}";
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ",") + rings_of(part);
  return R"({"type":"MultiPolygon","coordinates":[)" + text + "]}";
}

GeoJsonSink::GeoJsonSink(const ImageInfo& info, const std::filesystem::path& path,
                         const Provenance& made_with)
    : ObjectwiseSink(info, path), made_with_(made_with.to_json().dump()) {}

std::string GeoJsonSink::encode(int32_t, const ObjectPixels& object) const {
  return geojson_geometry(trace_outline(object));
}

void GeoJsonSink::write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) {
  write_atomically(path(), [&](const auto& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file << R"({"type":"FeatureCollection","priorseg":)" << made_with_ << R"(,"features":[)";
    const char* before = "\n";
    for (const auto& object : objects) {
      file << before << feature_of(object, encoded.get(object.label));
      before = ",\n";
    }
    file << "\n]}\n";
    file.close();
    if (!file)
      throw Error("cannot write " + path().string() + ": check the folder's permissions and free space");
  });
}

}  // namespace priorseg
