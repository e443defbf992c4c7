#pragma once

#include <filesystem>

#include "priorseg/core/tensor.h"
#include "priorseg/image/plane_stack.h"

namespace priorseg {

/// Where to look in a picture: wherever a mask, a picture of the same field of any size, is not 0. At most
/// kMostPoints of it are held, evenly spread.
class LookMask {
 public:
  static constexpr int64_t kMostPoints = int64_t{1} << 26;

  /// @param file     of the mask, one picture; of several channels any that is not 0 counts.
  /// @param picture  that it is laid over.
  /// @throws Error where it cannot be read.
  LookMask(const std::filesystem::path& file, const PictureSize& picture);

  /// Pixels with those where not to look made NaN, as if there were none.
  /// @param pixels  [C,H,W] float32 of `region` of the picture.
  torch::Tensor without_rest(const torch::Tensor& pixels, const PixelRegion& region) const;
  /// Whether there is nothing to look at in a region.
  bool is_empty_in(const PixelRegion& region) const;

 private:
  /// [H,W] bool: where to look.
  torch::Tensor part(const PixelRegion& region) const;

  PictureSize picture_;
  torch::Tensor points_;  // [h,w] bool
};

}  // namespace priorseg
