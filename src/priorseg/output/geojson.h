#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/output/label_outline.h"
#include "priorseg/output/objectwise_sink.h"
#include "priorseg/output/provenance.h"

namespace priorseg {

/// The geometry of an object as GeoJSON (RFC 7946): a Polygon, or a MultiPolygon where it has several parts.
/// Rings are closed, run along pixel edges and have the direction of OutlinePart, which is that of the RFC.
/// @param parts  trace_outline() of the object, not empty.
std::string geojson_geometry(const std::vector<OutlinePart>& parts);

/// Writes the objects of an image as QuPath exchanges them: a FeatureCollection of detections in pixels of
/// the image, named by label, by label. Measurements have the names of objects.csv and leave out what is not
/// known. What the file was made with stands in its member "priorseg".
class GeoJsonSink : public ObjectwiseSink {
 public:
  GeoJsonSink(const ImageInfo& info, const std::filesystem::path& path, const Provenance& made_with);

 private:
  std::string encode(int32_t label, const ObjectPixels& object) const override;
  void write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) override;

  std::string made_with_;
};

}  // namespace priorseg
