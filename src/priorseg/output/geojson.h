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
/// @param place  of the picture in the full one, in whose pixels the corners are.
std::string geojson_geometry(const std::vector<OutlinePart>& parts, const PicturePlace& place = {});

/// Writes the objects of an image as QuPath exchanges them: a FeatureCollection of detections in pixels of
/// the image, named by label, by label. Measurements have the names of objects.csv and leave out what is not
/// known. Of a region or a smaller level outlines are in pixels of the full picture. Of a film or a stack
/// each geometry has QuPath's member "plane": c, z and t from 0, c of all channels -1. What the file was made
/// with stands in its member "priorseg".
class GeoJsonSink : public ObjectwiseSink {
 public:
  GeoJsonSink(const ImageInfo& info, const std::filesystem::path& path, const Provenance& made_with);

 private:
  std::string encode(int32_t label, const ObjectPixels& object) const override;
  void write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) override;

  std::string made_with_;
};

}  // namespace priorseg
