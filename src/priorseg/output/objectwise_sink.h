#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/output/object_spool.h"
#include "priorseg/output/result_sink.h"
#include "priorseg/output/running_objects.h"

namespace priorseg {

/// A form that lists the objects of an image by label. Each object is encoded as soon as it is whole, and the
/// file is written when all of them are measured; neither label map nor objects are held.
class ObjectwiseSink : public ResultSink {
 public:
  ObjectwiseSink(const ImageInfo& info, const std::filesystem::path& path);

  void begin_picture(const PicturePosition& position) override;
  void add(const LabelledRows& piece) override { running_.add_rows(piece.labels); }
  void finish(const std::vector<ObjectMeasurements>& objects) override;

 protected:
  const ImageInfo& info() const { return info_; }
  const std::filesystem::path& path() const { return path_; }
  /// Of the picture that objects come from; of a file of one picture its first.
  const PicturePosition& position() const { return positions_.back(); }
  /// Of all pictures, in their order.
  const std::vector<PicturePosition>& positions() const { return positions_; }

 private:
  /// The part of the file that tells the pixels of one object.
  virtual std::string encode(int32_t label, const ObjectPixels& object) const = 0;
  /// Writes the file, atomically. @param encoded  of every object.
  virtual void write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) = 0;

  ImageInfo info_;
  std::filesystem::path path_;
  std::vector<PicturePosition> positions_ = {{}};
  bool has_begun_ = false;
  ObjectSpool encoded_;
  RunningObjects running_;
};

}  // namespace priorseg
