#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/output/objectwise_sink.h"
#include "priorseg/output/provenance.h"

namespace priorseg {

/// The pixels of an object as COCO's compressed run lengths: background and object in turn, column by column
/// from the left, beginning with background. From the fourth on each length is told by its difference from
/// the one two before; 5 bits a character and a bit that tells whether more follow, from ASCII 48 on, the
/// lowest bits first (maskApi.c of the COCO API).
/// @param object  inside the image, with pixels.
/// @param height  of the image, px.
/// @param width   of the image, px.
std::string encode_coco_counts(const ObjectPixels& object, int64_t height, int64_t width);

/// Writes what a COCO file says of one file: a text file that only join_coco_parts() reads. A line is an
/// image, those behind it its annotations, as members of a JSON object without numbers of their own. Of a
/// film or a stack each picture is an image, with the members "frame" and "slice", from 1.
class CocoPartSink : public ObjectwiseSink {
 public:
  /// @param file_name  of the image.
  CocoPartSink(const ImageInfo& info, const std::filesystem::path& path, const std::string& file_name,
               const Provenance& made_with);

 private:
  std::string encode(int32_t label, const ObjectPixels& object) const override;
  void write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) override;

  std::string line_of_image(const PicturePosition& position) const;
  std::string line_of_object(const ObjectMeasurements& object, const std::string& counts) const;

  std::string file_name_;
  Provenance made_with_;
};

/// Makes the COCO file of a set of images, atomically, in memory for one line. Images and annotations are
/// numbered from 1 on in the order of `parts`.
/// @param made_with  what the last images were made with; each image tells its own.
/// @throws Error where a part cannot be read or the file cannot be written.
void join_coco_parts(const std::filesystem::path& path, const std::vector<std::filesystem::path>& parts,
                     const Provenance& made_with);

}  // namespace priorseg
