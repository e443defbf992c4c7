#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/outline_draft.h"
#include "priorseg/image/image_input.h"

namespace priorseg {

/// Outlines of one picture at any border level, as 'priorseg segment --border-level' draws them. The networks
/// see a picture once; what they found is held until another picture or model is asked for. All functions may
/// be called from several threads.
class BorderPreview {
 public:
  /// What is looked at.
  struct Subject {
    std::filesystem::path model;
    ImageInput image;
    int64_t picture = 0;
    std::string device = "cpu";
    int64_t threads = 1;
  };

  /// @param border_level  in [0,1).
  /// @return  text of JSON: list_objects() and {"border_level": that of the model}.
  /// @throws Error where model or image cannot be read, or the image is larger than Detector::kBandPixels.
  std::string describe(const Subject& subject, double border_level);
  /// Forgets model and picture.
  void clear();

 private:
  void look_at(const Subject& subject);

  std::mutex mutex_;
  std::optional<Detector> detector_;
  std::string model_, picture_;  // which ones are held
  ImageInfo info_;
  std::optional<OutlineDraft> draft_;
};

}  // namespace priorseg
