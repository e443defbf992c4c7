#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/tensor.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/image/image_structure.h"
#include "priorseg/image/resample.h"
#include "priorseg/output/measurements.h"
#include "priorseg/output/overlay.h"
#include "priorseg/output/provenance.h"

namespace priorseg {

/// The next rows of an image whose objects are settled.
struct LabelledRows {
  RowRange rows;                 ///< of the image
  torch::Tensor pixels;          ///< [C,N,W] float32, values of the file
  torch::Tensor labels;          ///< [N,W] int32, 0 = background
  int64_t labels_so_far = 0;     ///< the highest label of these rows and those before
  torch::Tensor artefacts = {};  ///< [N,W] uint8, an ArtefactKind each; undefined where there are none
};

/// Where a picture of a file lies in it.
struct PicturePosition {
  ImageStructure file;                        ///< how many frames, slices and channels there are
  int64_t frame = 1, slice = 1, channel = 1;  ///< counted from 1
  bool is_of_all_slices = false;              ///< made of several slices
};

/// A form in which the result of one image is written. An image passes through its sinks from top to bottom,
/// and none of them has to hold it whole. A further format is one more sink.
class ResultSink {
 public:
  virtual ~ResultSink() = default;

  /// Before the first piece of each picture of a file, whose labels go on from picture to picture.
  virtual void begin_picture(const PicturePosition&) {}
  /// Takes the next rows of the picture. The last piece ends with the last row.
  virtual void add(const LabelledRows& piece) = 0;
  /// After the last piece: the file appears under its name. Without it none is left.
  /// @param objects  all of the image, by label.
  virtual void finish(const std::vector<ObjectMeasurements>& objects) = 0;
};

/// Writes the label map, with 32 bits where more than 65,535 labels are there or may still come.
class LabelMapSink : public ResultSink {
 public:
  /// @param made_with  stands in the file's description.
  /// @param shape      of a stack, whose pages come one after the other; it has 32 bits.
  LabelMapSink(const ImageInfo& info, std::filesystem::path path, const Provenance& made_with,
               const StackShape& shape = {}, LabelDescription description = LabelDescription::kImageJ);

  void add(const LabelledRows& piece) override;
  void finish(const std::vector<ObjectMeasurements>& objects) override;

 private:
  ImageInfo info_;
  std::filesystem::path path_;
  std::string notes_;
  StackShape shape_;
  LabelDescription description_;
  std::optional<LabelMapWriter> writer_;
};

/// Writes a mask of the Cell Tracking Challenge: a label map of 16 bits.
class CtcMaskSink : public ResultSink {
 public:
  CtcMaskSink(const ImageInfo& info, std::filesystem::path path, const Provenance& made_with);

  /// @throws Error where there are more objects than 16 bits number.
  void add(const LabelledRows& piece) override;
  void finish(const std::vector<ObjectMeasurements>& objects) override;

 private:
  std::filesystem::path path_;
  LabelMapWriter writer_;
};

/// Writes the masks of a film or a stack as the Cell Tracking Challenge has them: a folder with a file of 16
/// bits a frame, mask000.tif, with a page a slice. Labels begin with 1 in each frame.
class CtcSequenceSink : public ResultSink {
 public:
  /// @param folder  appears when it is whole.
  CtcSequenceSink(const ImageInfo& info, const std::filesystem::path& folder, const Provenance& made_with,
                  const StackShape& shape);

  void begin_picture(const PicturePosition& position) override;
  /// @throws Error where a frame has more objects than 16 bits number.
  void add(const LabelledRows& piece) override;
  void finish(const std::vector<ObjectMeasurements>& objects) override;

 private:
  ImageInfo info_;
  std::filesystem::path path_;
  std::string notes_;
  StackShape shape_;
  PartialFile folder_;
  std::optional<LabelMapWriter> writer_;           // of the current frame
  int64_t frame_ = 0;                              // from 1
  int64_t labels_before_ = 0, labels_so_far_ = 0;  // of the frames before, and with this one
};

/// Writes a PNG with the outlines drawn over the image.
class OverlaySink : public ResultSink {
 public:
  OverlaySink(const ImageInfo& info, std::filesystem::path path);

  void add(const LabelledRows& piece) override;
  void finish(const std::vector<ObjectMeasurements>& objects) override;

  /// [h,w,3] uint8: what was written, after finish().
  const torch::Tensor& overlay() const { return overlay_; }
  /// The same without outlines.
  torch::Tensor draw_image() const { return running_.draw_image(); }

 private:
  std::filesystem::path path_;
  RunningOverlay running_;
  torch::Tensor overlay_;
};

}  // namespace priorseg
