#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "priorseg/core/tensor.h"
#include "priorseg/image/image_input.h"
#include "priorseg/pipeline/output_paths.h"

namespace priorseg {

/// What was found in one picture of an image, before any correction.
struct FoundPicture {
  torch::Tensor labels;       ///< [H,W] int32; those of films and stacks go on from picture to picture
  int32_t labels_before = 0;  ///< the highest label of the pictures before
  int32_t highest = 0;        ///< label so far; >= labels_before
  std::vector<float> scores, qualities;  ///< of label labels_before + 1 + i at entry i; NaN where unknown
};

/// What was found in all pictures of an image: its label map, and scores and qualities of objects.csv. It
/// holds the whole label map.
class FoundImage {
 public:
  /// @param image   with the planes that it was segmented with.
  /// @param folder  where its results lie.
  /// @throws Error where there is no label map, or it belongs to another image.
  FoundImage(const ImageInput& image, const OutputPaths& folder, const std::string& stem);

  const ImageInput& image() const { return image_; }
  int64_t num_pictures() const { return static_cast<int64_t>(pictures_.size()); }
  /// @param picture  from 0.
  /// @throws Error where there is none.
  const FoundPicture& picture(int64_t picture) const;

 private:
  ImageInput image_;
  std::vector<FoundPicture> pictures_;
};

}  // namespace priorseg
