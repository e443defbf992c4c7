#include "priorseg/output/geojson.h"

#include <cmath>
#include <fstream>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/objects_csv.h"

namespace priorseg {
namespace {

std::string closed_ring(const OutlineRing& ring, const PicturePlace& place) {
  const auto at_full = [](int64_t corner, double scale, double start) {
    return plain_number(static_cast<double>(corner) * scale + start);
  };
  std::string text = "[";
  for (size_t i = 0; i <= ring.size(); ++i) {
    const auto& corner = ring[i % ring.size()];
    text += (i == 0 ? "[" : ",[") + at_full(corner.x, place.x_scale, place.x) + "," +
            at_full(corner.y, place.y_scale, place.y) + "]";
  }
  return text + "]";
}

std::string rings_of(const OutlinePart& part, const PicturePlace& place) {
  std::string text = "[" + closed_ring(part.exterior, place);
  for (const auto& hole : part.holes) text += "," + closed_ring(hole, place);
  return text + "]";
}

/// QuPath's name for where a geometry lies; nothing where the file has one plane.
std::string plane_member(const PicturePosition& position) {
  if (position.file.frames * position.file.slices == 1) return {};
  return R"(,"plane":{"c":-1,"z":)" + std::to_string(position.slice - 1) + R"(,"t":)" +
         std::to_string(position.frame - 1) + "}";
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

std::string geojson_geometry(const std::vector<OutlinePart>& parts, const PicturePlace& place) {
  if (parts.size() == 1) return R"({"type":"Polygon","coordinates":)" + rings_of(parts.front(), place) + "}";
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ",") + rings_of(part, place);
  return R"({"type":"MultiPolygon","coordinates":[)" + text + "]}";
}

GeoJsonSink::GeoJsonSink(const ImageInfo& info, const std::filesystem::path& path,
                         const Provenance& made_with)
    : ObjectwiseSink(info, path), made_with_(made_with.to_json().dump()) {}

std::string GeoJsonSink::encode(int32_t, const ObjectPixels& object) const {
  auto geometry = geojson_geometry(trace_outline(object), info().place);
  geometry.insert(geometry.size() - 1, plane_member(position()));
  return geometry;
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
