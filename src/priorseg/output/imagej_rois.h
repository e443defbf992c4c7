#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/output/label_outline.h"
#include "priorseg/output/objectwise_sink.h"
#include "priorseg/output/provenance.h"

namespace priorseg {

/// Where a selection belongs, as ImageJ counts, from 1; 0 = everywhere.
struct ImageJPosition {
  int32_t plane = 0;             ///< of a plain stack
  int32_t slice = 0, frame = 0;  ///< of a hyperstack, in the place of `plane`; of all channels

  bool operator==(const ImageJPosition&) const = default;
};

/// ImageJ opens a file whose planes lie along one axis as a plain stack, others as hyperstacks. What was made
/// of all slices belongs to each of them.
ImageJPosition imagej_position(const PicturePosition& picture);

/// An object as ImageJ's .roi file (version 227): what it selects there are exactly its pixels.
///
/// An object of one part without holes becomes a traced selection, any other one a composite selection. Both
/// run along pixel edges, (0, 0) being the upper left corner of the image. Corners that 16 bits do not hold,
/// beyond 32,767 px, are written as floats, which are exact up to 16.7 million px.
///
/// @param parts  trace_outline() of the object, not empty.
/// @param name   of the selection; ASCII.
/// @param place  of the image that it lies in.
std::string encode_imagej_roi(const std::vector<OutlinePart>& parts, const std::string& name,
                              const ImageJPosition& place);

/// Writes the selections of an image as ImageJ's ROI Manager saves them: a zip archive of a .roi file each,
/// named by label, with their positions in a film or stack, in the order of the labels. An archive that is
/// there is replaced, not added to. What it was made with stands in the comment of the archive.
class ImageJRoisSink : public ObjectwiseSink {
 public:
  ImageJRoisSink(const ImageInfo& info, const std::filesystem::path& path, const Provenance& made_with);

 private:
  std::string encode(int32_t label, const ObjectPixels& object) const override;
  void write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) override;

  std::string comment_;
};

}  // namespace priorseg
