#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/image/artefacts.h"
#include "priorseg/image/image_source.h"
#include "priorseg/output/label_map.h"
#include "priorseg/output/measurements.h"
#include "priorseg/output/result_sink.h"
#include "priorseg/output/verdict.h"

namespace priorseg {

/// Makes label map and measurements of the pieces of an image, from top to bottom, and hands its rows to the
/// sinks, without holding the image. Of a film or stack it takes one picture after the other; labels go on
/// from picture to picture.
class LabelledImage {
 public:
  /// @param sinks          must live as long as pieces come.
  /// @param read_channels  rows of every channel of the picture, each of which is measured by itself;
  /// nothing:
  ///                       none are.
  LabelledImage(const ImageInfo& info, std::vector<ResultSink*> sinks,
                ImageSource::ReadRows read_channels = {});

  /// The next piece from the top of the picture.
  void add(const FoundRows& piece);
  /// After the last piece of a picture; another picture may follow.
  /// @param frame, slice  of the picture, from 1.
  void end_picture(int64_t frame, int64_t slice);

  const ArtefactCounts& artefacts() const { return artefacts_; }
  /// After the last picture.
  std::vector<ObjectMeasurements> take_objects() { return std::move(objects_); }
  /// After the last piece, but for what the objects tell.
  ImageEvidence evidence() const;

 private:
  void note(float score, const std::vector<OutlineSigns>& signs, int64_t object);
  void look_back(const FoundRows& piece);

  ImageInfo info_;
  RunningLabelMap labels_;                           // of the picture
  std::optional<RunningMeasurements> measurements_;  // of the picture
  std::vector<float> scores_;                        // of label l at entry l - 1
  std::vector<double> qualities_;                    // likewise
  int64_t first_label_ = 0;                          // the highest label of the pictures before
  std::vector<ObjectMeasurements> objects_;
  std::vector<ResultSink*> sinks_;
  ImageSource::ReadRows read_channels_;
  ArtefactCounts artefacts_{};
  int64_t looked_at_ = 0, standing_out_ = 0, explained_ = 0, covered_ = 0, alone_ = 0, alone_met_ = 0;
  bool is_unexplained_ = false, looks_opposite_ = false, is_inverted_ = false;
};

}  // namespace priorseg
